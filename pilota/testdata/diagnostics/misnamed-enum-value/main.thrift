include "other.thrift"

enum Color { RED }
enum Mood { BLUE }

const Color red = Mood.RED
const other.Shade dark = Shade.DARK
const other.Shade short = other.DARK
