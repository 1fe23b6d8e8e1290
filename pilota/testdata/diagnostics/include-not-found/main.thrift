include "shared/bse.thrift"
include "here.thrift"

struct S {
    1: bse.Thing silent // the include is to blame
    2: here.Thing found
}
