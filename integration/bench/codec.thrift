// The shapes of the codec benchmarks. Their contents stand in codec/shape.go.
namespace go shapes

// Small: six scalars and a string, 128 bytes.
struct Small {
    1: bool flag,
    2: i8 kind,
    3: i16 port,
    4: i32 code,
    5: i64 stamp,
    6: double score,
    7: string note,
}

// Echo: the request of echo.thrift.
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

// Medium: about 1.2 KB in maps and lists of structs with optional fields.
struct Medium {
    1: string id,
    2: optional string owner,
    3: optional i64 created,
    4: map<string, string> labels,
    5: list<Item> items,
    6: map<string, Item> featured,
}

// Large: about 65 KB of the same.
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

// Nested: depth instead of width.
struct Nested {
    1: string name,
    2: optional Nested left,
    3: optional Nested right,
    4: optional list<list<i32>> rows,
    5: optional map<string, map<string, string>> attributes,
}
