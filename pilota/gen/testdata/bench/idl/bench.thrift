namespace go bench

// The shapes of the codec benchmarks.

struct Small {
  1: i32 a
  2: i64 b
  3: double c
  4: bool d
  5: string e
  6: string f
}

struct Echo {
  1: string action
  2: string msg
}

struct Item {
  1: optional i64 id
  2: optional string name
  3: optional double score
  4: optional bool active
  5: optional i32 count
}

struct Medium {
  1: i64 id
  2: string title
  3: list<Item> items
  4: map<string, Item> by_name
  5: map<string, string> labels
  6: list<i64> numbers
  7: optional string note
}

struct Large {
  1: list<Medium> parts
}

struct Ints {
  1: list<i64> longs
}

struct Maps {
  1: map<string, string> strings
  2: map<i32, i64> numbers
}

struct Nested {
  1: i32 value
  2: optional Nested next
}
