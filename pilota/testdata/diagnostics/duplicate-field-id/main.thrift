struct S {
    1: i32 a
    2: i32 b
    0x2: i32 c
    i32 d
    -1: i32 e
}

exception Failed {}

service Calls {
    i32 f(1: i32 a, 1: i32 b) throws (0: Failed x, 1: Failed2 y, 1: Failed3 z)
}

exception Failed2 {}
exception Failed3 {}
