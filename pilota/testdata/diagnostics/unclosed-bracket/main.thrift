struct Open {
    1: i32 a

struct Next {
    1: map<string, i32> b = {"x": [1, 2
}

service Calls {
    void f(1: i32 a
    void g(1: i32 b)
}

enum Shade {
    DARK,
