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

service Calls {
    find(1: i32 id)
    reset()
    close() throws (1: Missing m)
    string get(1: i32 id) throw (1: Missing m),
    string put(1: i32 id) raises (1: Missing m)
    void (1: i32 id)
    string (go.type = "x") typed(1: i32 id)
}

strcut Several {
    1: i32 id
}
sevice Words {
    void ping()
}
message Foreign {
    message Inner { }
}
