namespace go test.cycle

include "../deep/cycle_b.thrift"
struct A { 1: optional cycle_b.B b, 2: i32 n = cycle_b.FROM_B }
const i32 FROM_A = 5
