namespace go journal

struct Page {
    1: required list<string> lines,
    /** Where the next page begins; unset on the last one. */
    2: optional string next,
}

service Journal {
    /** Read returns the page that begins at a cursor, "" for the first one. */
    Page Read(1: string cursor) (idempotent),
}
