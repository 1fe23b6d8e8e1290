struct geo.Point {
    1: double geo.x
}

const i32 geo.zero = 0
