struct S {
    1: i32 count
    2: i32 Count
    3: string count
}

union U { 1: i32 a, 2: i64 a }
exception E { 1: i32 a; 2: i32 a }

service Calls {
    i32 f(1: i32 a, 2: i32 a) throws (1: E e, 2: E2 e)
    i32 g() throws (1: E success)
    void h() throws (1: E success)
}

exception E2 {}
