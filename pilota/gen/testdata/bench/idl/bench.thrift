// The shapes of the codec benchmarks, as in integration/bench.
namespace go bench

struct Small {
    1: bool flag,
    2: i8 kind,
    3: i16 port,
    4: i32 code,
    5: i64 stamp,
    6: double score,
    7: string note,
}

struct Echo {
    1: string action,
    2: string msg,
}

struct Item {
    1: i64 id,
    2: optional string name,
    3: optional i32 quantity,
    4: optional double price,
    5: optional string remark,
}

struct Medium {
    1: string id,
    2: optional string owner,
    3: optional i64 created,
    4: map<string, string> labels,
    5: list<Item> items,
    6: map<string, Item> featured,
}

struct Large {
    1: list<Medium> records,
}

struct Ints {
    1: list<i64> values,
}

struct Ints32 {
    1: list<i32> values,
}

struct Maps {
    1: map<string, i64> counts,
    2: map<i64, string> names,
    3: map<i32, i32> links,
}

struct Nested {
    1: string name,
    2: optional Nested left,
    3: optional Nested right,
    4: optional list<list<i32>> rows,
    5: optional map<string, map<string, string>> attributes,
}
