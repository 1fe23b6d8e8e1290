enum Color { RED }
enum Shade { DARK }
typedef i32 Count
struct Point { 1: i32 x, 2: i32 y }

const i32 a = "five"
const string b = 5
const bool c = 2.0
const i32 d = 1.5
const double e = "1.5"
const Color f = "RED"
const Color g = Shade.DARK.RED
const string h = Color.RED
const list<i32> i = {"a": 1}
const map<string, i32> j = ["a"]
const Point k = [1, 2]
const Count l = true
const uuid m = 5
const binary n = [1, 2]
const set<Count> o = [1, "two", 3]
const string p = a_number
const i32 a_number = 5
const Color q = true
const bool r = Color.RED

struct Defaults {
    1: i32 a = "five"
    2: list<map<string, Point>> b = [{"p": {"x": "one"}}]
    3: i64 fine = a_number
    4: double also_fine = a_number
    5: bool wrong = a_number
}
