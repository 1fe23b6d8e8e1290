include "a.thrift"
include "b.thrift"
include "lost.thrift"

struct S {
    1: a.A a
    2: a.Missing b
    3: b.AlsoMissing c
    4: lost.Lost d // may be what could not be understood, so this is not reported
}
