struct One {
    string name
    2: i32 age
}

struct Many {
    string a, string b,
    optional list<string> c
}

exception Failed { string message }

service Old {
    void call(string a, i32 b) throws (Failed f)
}
