struct Before { 1: i32 a = "checked" }

/* this goes on
struct Swallowed {}
