service Calls {
    oneway i32 f()
    oneway void fine(1: i32 a)
}
