service Base {
    void ping()
}
