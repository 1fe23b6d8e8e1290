struct Person {
    1: string name
    2: i32
    3: list<string nicknames
    4 string email
    5: required bool active = ,
    6: string city (label "home")
    7: map<string> tags
    ,
    8: i64 born
}

servce Directory {
    Person find(1: string name)
}

service {
    void ping()
}

enum Color { RED = "red", GREEN = 2 GREY, 3 }

const i32 limit 5
const limit2 = 5
typedef list<i32> =
namespace
include base

service Lookup extends {
    oneway void touch(1: string name,
    Person find(1: string name) throws Missing
    void last() throws (1: Missing m
}

union Either: { 1: i32 left }
struct Last { 1: i32 still_checked = "no", 2: Nobody nobody }
