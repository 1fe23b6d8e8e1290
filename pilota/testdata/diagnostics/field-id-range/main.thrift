struct S {
    32767: i32 max
    32768: i32 above
    -32769: i32 below
    99999999999999999999: i32 huge
}
