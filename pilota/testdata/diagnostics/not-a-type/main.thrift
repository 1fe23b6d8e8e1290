const i32 limit = 5
enum Color { RED }
service Calls {}

struct S {
    1: limit a
    2: Color.RED b
    3: Calls c
}
