exception Failed {}

service Calls {
    oneway void f() throws (1: Failed e)
    oneway void fine() throws ()
}
