namespace go test.base

include "deep/leaf.thrift"

struct Point { 1: double x, 2: double y, 3: leaf.Leaf leaf }
enum Color { RED = 1, GREEN }
const i32 LIMIT = 10
const Point ORIGIN = {"x": 0, "y": 0.0}
typedef list<Color> Colors
exception Failed { 1: string message }
service Base { void ping() }
