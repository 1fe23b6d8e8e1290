// What a shop sells.
namespace go shop

enum Size {
    SMALL = 1,
    LARGE = 2,
}

/* Something to buy. */
struct Item {
    1: required i64 id,
    2: string name = "nameless",
    3: optional Size size,
    4: list<Item> parts,
    5: map<i32, binary> pictures,
}

exception NoSuchItem {
    1: i64 id,
}

service Shop {
    // Finds an item.
    Item GetItem(1: i64 id) throws (1: NoSuchItem missing),
    void Put(1: Item item),
    oneway void Forget(1: i64 id),
}
