enum Color {
    RED = 1,
    CRIMSON = 0x1,
    GREEN = 0,
    BLUE, // counts on: 1
}
