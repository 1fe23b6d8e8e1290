namespace go greet

struct Greeting {
    1: string text,
}

exception TooLong {
    1: i32 limit,
}

service Greeter {
    /** Greet says hello. */
    Greeting greet(1: string name) throws (1: TooLong tooLong),
}
