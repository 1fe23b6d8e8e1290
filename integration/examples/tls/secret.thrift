namespace go secret

service Secret {
    string Tell(),
}
