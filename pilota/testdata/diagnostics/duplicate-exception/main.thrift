exception Failed {}
typedef Failed Alias

service Calls {
    void f() throws (1: Failed a, 2: Alias b)
}
