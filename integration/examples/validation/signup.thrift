namespace go signup

struct Account {
    1: string name (vt.min_size = "2", vt.pattern = "^[a-z]+$"),
    2: i32 age (vt.ge = "18", vt.lt = "150"),
    3: list<string> mails (vt.min_size = "1", vt.elem.contains = "@"),
}

service Signup {
    i64 register(1: Account account),
}
