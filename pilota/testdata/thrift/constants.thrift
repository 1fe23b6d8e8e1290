include "include/base.thrift"

enum Level { LOW = -5, MID, HIGH = 0x10 }
typedef i32 Count
typedef base.Color Tint

const bool YES = true
const bool ONE = 1
const bool NO = 0
const i8 MIN8 = -128
const byte MAX8 = 0x7f
const i16 HEX = -0x8000
const i32 PLUS = +5
const i32 PADDED = 0012 // twelve: Thrift has no octal
const i64 MIN64 = -9223372036854775808
const i64 MAX64 = 9223372036854775807
const double INT = 3
const double HALF = .5
const double MINUS_HALF = -.5e0
const double BIG = 1e10, // with a separator
const double SMALL = +2.5E-10;
const string SINGLE = 'it has "double" quotes'
const string DOUBLE = "it has 'single' quotes"
const string ESCAPES = "\n\r\t\\\"\'\0\x41\u00e9"
const string UTF8 = "žluťoučký 日本 😀"
const binary BYTES = "\xff\x00"
const uuid ID = '{00112233-4455-6677-8899-aaBBccDDeeFF}'
const Count COUNT = base.LIMIT
const double FROM_INT = COUNT
const Level LEVEL = Level.LOW
const Level NUMBER = 16
const i32 LEVEL_NUMBER = Level.MID
const Tint TINT = base.Color.GREEN
const base.Color ALIASED = Tint.RED
const list<i32> LIST = [1, 2; 3 4,]
const list<Tint> TINTS = [base.Color.RED, 2]
const set<string> SET = ["a", "b"]
const map<string, list<i32>> MAP = {"a": [1], "b": [], 'c': LIST}
const map<Level, map<i32, i32>> DEEP = {Level.LOW: {1: 2}, Level.HIGH: {}}
const map<list<i32>, i32> KEYS = {[1]: 1, LIST: 2}
const list<i32> EMPTY = {}
const map<i32, i32> EMPTY_TOO = []
const base.Point POINT = base.ORIGIN
const base.Point OTHER = {"x": COUNT, "y": HALF}
const list<base.Point> POINTS = [
    POINT, // a reference
    {"x": 1}, /* a literal */
    // the end
]
const i32 FORWARD = LATER
const i32 LATER = 7

union Shape { 1: base.Point point = {"x": 1}, 2: double radius }
const Shape CIRCLE = {"radius": 1}

struct Defaults {
    1: i32 a = LATER
    2: optional Level b = Level.HIGH
    3: required string c = "x"
    4: list<map<string, base.Point>> d = [{"o": base.ORIGIN, "p": {"x": HALF, "y": 1e3}}]
    5: Shape e = {"point": {"x": 1, "y": 2}}
    6: set<Level> f = [Level.LOW, Level.MID]
    7: base.Colors g = [base.Color.RED]
    8: bool h = YES
}
