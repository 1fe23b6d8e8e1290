/** The shop that `volo demo` opens for a moment. */
namespace go shop

/** What a customer wants. */
struct Order {
    1: required string item,
    2: i32 count = 1,
    3: optional string greeting,
}

/** What a customer gets. */
struct Receipt {
    1: required i64 number,
    2: required i32 cents,
    3: list<string> items,
}

/** There is less on the shelf than was asked for. */
exception SoldOut {
    1: required string item,
    2: required i32 left,
}

/** Who is calling, as the server sees it. */
struct Visitor {
    /** travels on with every further call */
    1: string customer,
    /** travels one hop */
    2: string counter,
}

/** The notes that were left, and whether they came over this connection. */
struct Notes {
    1: list<string> texts,
    2: bool sameConnection,
}

service Shop {
    /** Buy takes items from the shelf. */
    Receipt Buy(1: Order order) throws (1: SoldOut soldOut),
    /** Greet tells a customer what the metadata says of them. */
    Visitor Greet(),
    /** LeaveNote is not answered. */
    oneway void LeaveNote(1: string text),
    /** ReadNotes waits until there are that many notes and returns them. */
    Notes ReadNotes(1: i32 atLeast),
}
