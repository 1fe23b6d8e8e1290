service Calls {
    void f(1: optional i32 a, 2: required i32 b, 3: i32 c = 5)
}
