namespace go demo.other

include "full.thrift"

struct Point {
    1: i32 x,
    2: i32 y,
}

service Base {
    // Nothing needs full.thrift but this.
    full.Verdict judge(1: Point point),
}
