struct Point {
    1: required i32 x
    2: required i32 y = 0
    3: i32 z
}

const Point origin = {}
