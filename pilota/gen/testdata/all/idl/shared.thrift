namespace go demo.shared

/** How loud. */
enum Level {
    LOW = 1,
    MID = 5,
    HIGH = 10,
    TOP = 10,
}

typedef i64 UserId
typedef list<Tag> Tags

struct Tag {
    1: required string name,
    2: optional i32 weight = 7,
}

const i32 MAX_SIZE = 100
const string GREETING = "hello \"you\"\n"
const list<i32> PRIMES = [2, 3, 5]
const Tag BASE_TAG = {"name": "base"}
const Level DEFAULT_LEVEL = Level.MID

exception NotFound {
    1: string what,
    2: i32 code = 404,
} (deprecated = "use Missing")

service Base {
    string ping(1: string text),
}
