include "one/shared.thrift"
include "two/shared.thrift"

struct S {
    1: shared.Thing thing
    2: shared.Only fine
}
