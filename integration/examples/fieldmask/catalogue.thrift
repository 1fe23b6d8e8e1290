// A catalogue of big things, of which callers want small parts.
namespace go catalogue

struct Review {
    1: string by,
    2: string text,
}

struct Item {
    1: required i64 id,
    2: string name,
    3: string manual,
    4: list<Review> reviews,
    5: map<string, i64> prices,
}

exception Mistaken {
    1: string path,
}

service Catalogue {
    /** Answers with an item, or with the parts of it that paths name. */
    Item find(1: i64 id, 2: list<string> paths) throws (1: Mistaken mistaken),
}
