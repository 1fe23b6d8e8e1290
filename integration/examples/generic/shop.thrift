namespace go shop

struct Item {
    1: required i64 id,
    2: string name,
    3: list<string> tags,
    4: map<string, i64> prices,
}

exception NotFound {
    1: i64 id,
}

service Shop {
    /** Finds one item. */
    Item find(1: i64 id) throws (1: NotFound missing),
}
