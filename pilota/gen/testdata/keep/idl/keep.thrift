// Structs that keep fields they do not know. There is no namespace: the file
// names the package.

struct Older {
    1: i32 a,
}

union OlderChoice {
    1: i32 a,
}

struct Newer {
    1: i32 a,
    2: string b,
    3: list<i64> c,
    4: map<string, Older> d,
}

union NewerChoice {
    1: i32 a,
    2: string b,
}

exception OlderFailure {
    1: string message,
}
