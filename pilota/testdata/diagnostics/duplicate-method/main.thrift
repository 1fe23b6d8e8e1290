include "base.thrift"

service Calls extends base.Base {
    void a()
    void ping()
    i32 a(1: i32 x)
}

service More extends Calls {
    void ping()
}
