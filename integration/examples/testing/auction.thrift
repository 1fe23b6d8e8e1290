namespace go auction

exception TooLow {
    1: required i64 highest,
}

service Auction {
    /** Bid returns the number of bids so far. */
    i32 Bid(1: string bidder, 2: i64 amount) throws (1: TooLow tooLow),
    /** Wait returns who has won, once nobody has bid for a minute. */
    string Wait(),
}
