namespace go test.cycle

include "cycle_a.thrift"
struct B { 1: list<cycle_a.A> as }
const i32 FROM_B = cycle_a.FROM_A
