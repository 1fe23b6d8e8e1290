enum Color {
    RED,
    GREEN,
    RED = 5,
}
