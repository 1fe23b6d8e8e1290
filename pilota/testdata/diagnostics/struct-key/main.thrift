struct Point { 1: i32 x, 2: i32 y }

const Point a = {x: 1, "y": 2}
const Point b = {1: 1}
