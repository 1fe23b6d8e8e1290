struct S {
    0: i32 zero
    -5: i32 negative
    i32 next // gets -6
}
