// Everything that options add.
namespace go demo.full

include "other.thrift"

typedef list<other.Point> Path

/** How it went. */
enum Verdict {
    GOOD = 1,
    BAD = 2,
}

/** A shape and where it goes. */
struct Shape {
    1: required string name,
    2: Path path,
    3: map<string, other.Point> corners = {},
    4: optional Shape inside,
    5: i32 Descriptor = 4,
    6: Verdict verdict = Verdict.GOOD,
}

union Either {
    1: i32 number,
    2: Shape shape,
}

exception Refused {
    1: string why,
}

service Shapes extends other.Base {
    Shape grow(1: Shape shape, 2: i32 by = 2) throws (1: Refused refused),
    oneway void forget(1: string name),
}
