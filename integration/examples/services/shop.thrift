namespace go shop

struct Item {
    1: required string name,
    2: i32 cents,
}

service Catalog {
    Item Find(1: string name),
}

service Cart {
    /** Add returns how many things are in the cart. */
    i32 Add(1: Item item),
    /** Find tells how many of these are in the cart. */
    i32 Find(1: string name),
}
