include "a.thrift"
include "b.thrift"

struct S {
    1: a.A a
    2: a.Missing b
    3: b.AlsoMissing c // b has syntax errors, so this is not reported
}
