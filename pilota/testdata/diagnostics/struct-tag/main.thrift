struct A {
    1: i32 a (go.tag = 'json')
    2: i32 b (go.tag = 'json:id')
    3: i32 c (go.tag = "json:'id'")
    4: i32 d (go.tag = ': "x"')
    5: i32 e (go.tag = 'json:"id" db')
    6: i32 f (go.tag = 'json:"id')
    7: i32 comma (go.tag = 'json:\"id\"  db:"", x:"y"')
    8: i32 also (go.tag = 'json:\"id\"  db:"" x:"y"')
}

service S {
    void m(1: i32 a (go.tag = "json")) throws (1: X x (go.tag = "x"))
}

exception X {}
