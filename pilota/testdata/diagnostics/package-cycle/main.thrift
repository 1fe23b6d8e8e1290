namespace go alpha
include "beta.thrift"

struct A { 1: beta.B b }
