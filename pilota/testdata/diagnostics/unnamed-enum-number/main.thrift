enum Color { RED = 1 }

const Color red = 1
const Color ultraviolet = 7
