namespace go beta
include "main.thrift"

struct B { 1: main.A a }
