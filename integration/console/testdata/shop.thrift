// What a shop sells.
namespace go shop

/** How big it is. */
enum Size {
    SMALL = 1,
    LARGE = 2,
}

/** What it costs: a number or a word of advice. */
union Price {
    1: i64 cents,
    2: string words,
}

/** Where something stands. */
struct Place {
    1: required string hall,
    2: i16 shelf,
}

/** Something to buy. */
struct Item {
    /** The number on the label. */
    1: required i64 id,
    2: string name = "nameless",
    3: optional Size size,
    4: list<Item> parts,
    5: map<i32, binary> pictures,
    6: Price price,
    7: set<string> words,
    8: map<Place, i32> stock,
    9: optional uuid serial,
    10: bool fragile,
    11: double weight (unit = "kg"),
}

/** There is no item of this number. */
exception NoSuchItem {
    1: i64 id,
    2: list<i64> similar,
}

/** The shop itself. */
service Shop {
    /** Finds an item by the number on its label. */
    Item GetItem(1: i64 id) throws (1: NoSuchItem missing),
    /** Puts an item on the shelf and returns what it looks like there. */
    Item Put(1: Item item) (idempotent),
    oneway void Forget(1: i64 id),
}
