namespace go stock

service Stock {
    /** Count returns how many there are of an item. */
    i64 Count(1: string item),
}
