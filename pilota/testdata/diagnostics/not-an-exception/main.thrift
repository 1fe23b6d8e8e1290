struct Failed {}
typedef Failed Alias

service Calls {
    void f() throws (1: Failed a)
    void g() throws (1: Alias a, 2: string b)
}
