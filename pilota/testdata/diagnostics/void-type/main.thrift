struct S {
    1: void a
    2: list<void> b
}

const void c = 1
typedef void d

service V {
    void fine()
    void bad(1: void x)
}
