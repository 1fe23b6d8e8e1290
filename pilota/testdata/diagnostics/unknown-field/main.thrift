struct Point { 1: i32 latitude, 2: i32 longitude }

const Point a = {"latitud": 1, "altitude": 2}
