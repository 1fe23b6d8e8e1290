const i32 a = a
const i32 b = c
const i32 c = d
const i32 d = b
const list<i32> e = [1, f]
const i32 f = 2
