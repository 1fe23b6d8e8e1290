// What the tests of package generic call. The Go code beside this file is
// generated from it, with descriptors; see integration/interop/generated.
namespace go shop

enum Currency {
    EUR = 1,
    USD = 2,
}

struct Price {
    1: required Currency currency,
    2: i64 cents,
}

struct Item {
    1: required i64 id,
    2: string name,
    3: list<Price> prices,
    4: map<string, i32> stock,
    5: optional binary picture,
}

exception NotFound {
    1: i64 id,
}

exception Denied {
    1: string reason,
    2: i32 code,
}

service Catalogue {
    Item find(1: i64 id) throws (1: NotFound missing, 2: Denied denied) (idempotent),
}

service Shop extends Catalogue {
    i64 order(1: Item item, 2: i32 count = 1) throws (1: Denied denied),
    map<Currency, i64> total(1: list<Price> prices),
    void close(),
    oneway void forget(1: i64 id),
}
