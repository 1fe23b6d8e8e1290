// Everything that a struct can hold.
namespace go demo.all

include "shared.thrift"

typedef shared.Level Loudness
typedef Inner InnerAlias
typedef map<string, Inner> InnerMap

/**
 * Inner is small.
 * Second line.
 */
struct Inner {
    1: i32 a = 3,
    2: optional string b,
    3: list<string> c,
}

struct Empty {}

union Choice {
    1: i32 number,
    2: string text,
    3: Inner inner,
    4: list<i64> many,
    5: bool flag,
    6: binary raw,
    7: uuid id,
    8: shared.Level level,
}

struct Scalars {
    1: bool t,
    2: byte b,
    3: i16 s,
    4: i32 i,
    5: i64 l,
    6: double d,
    7: string str,
    8: binary bin,
    9: uuid u,
    10: shared.Level level,
    11: shared.UserId user_id,
    12: Loudness loudness,
}

struct Optionals {
    1: optional bool t,
    2: optional byte b,
    3: optional i16 s,
    4: optional i32 i,
    5: optional i64 l,
    6: optional double d,
    7: optional string str,
    8: optional binary bin,
    9: optional uuid u,
    10: optional shared.Level level,
    11: optional shared.UserId user_id,
    12: optional Inner inner,
    13: optional list<i32> ints,
    14: optional map<string, i32> counts,
    15: optional set<string> names,
    16: optional Choice choice,
    17: optional InnerMap inners,
}

struct Required {
    1: required bool t,
    2: required string name,
    3: required Inner inner,
    4: required list<Inner> inners,
    5: required i64 n (go.tag = "json:\"number\" db:\"n\""),
}

struct Containers {
    1: list<bool> bools,
    2: list<byte> bytes,
    3: list<i16> shorts,
    4: list<i32> ints,
    5: list<i64> longs,
    6: list<double> doubles,
    7: list<string> strings,
    8: list<binary> binaries,
    9: list<uuid> uuids,
    10: list<shared.Level> levels,
    11: list<Inner> inners,
    12: list<list<i32>> matrix,
    13: list<map<string, Inner>> maps,
    14: set<string> names,
    15: set<Inner> inner_set,
    16: map<string, string> strs,
    17: map<i32, i64> nums,
    18: map<shared.Level, Inner> by_level,
    19: map<Inner, string> by_inner,
    20: map<list<i32>, Inner> by_list,
    21: map<binary, bool> by_bytes,
    22: map<uuid, double> by_uuid,
    23: map<string, list<Inner>> lists,
    24: map<string, map<string, list<string>>> deep,
    25: map<bool, set<i16>> odd,
    26: shared.Tags tags,
    27: list<set<Choice>> choices,
    28: map<Inner, map<Inner, Inner>> by_inner_deep,
}

struct Tree {
    1: i32 value,
    2: optional Tree left,
    3: optional Tree right,
    4: list<Tree> children,
    5: map<string, Tree> named,
}

union Expression {
    1: i64 literal,
    2: Expression negated,
    3: list<Expression> sum,
}

struct Ping {
    1: optional Pong pong,
}

struct Pong {
    1: optional Ping ping,
}

struct Defaults {
    1: bool t = 1,
    2: i32 i = shared.MAX_SIZE,
    3: double d = 2,
    4: string s = shared.GREETING,
    5: list<i32> primes = shared.PRIMES,
    6: map<string, list<i32>> m = {"a": [1, 2], "b": []},
    7: shared.Level level = shared.DEFAULT_LEVEL,
    8: Inner inner = {"b": "set"},
    9: shared.Tag tag = shared.BASE_TAG,
    10: optional i32 opt = 5,
    11: optional list<string> opt_list = ["x"],
    12: binary raw = "bytes",
    13: map<Inner, i32> by_inner = {{"a": 1}: 2},
    14: set<shared.Level> levels = [shared.Level.LOW, 10],
    15: optional Inner opt_inner = {"a": 9},
    16: optional shared.Level opt_level = shared.Level.HIGH,
    17: optional string opt_string = "fallback",
}

struct Clashes {
    1: string String,
    2: i32 BinarySize,
    3: i32 type,
    4: i32 get_type,
    5: i32 userId,
    6: i32 user_id,
    7: i32 func,
    8: string _lead,
    9: i32 renamed (pilota.name = "Other"),
    10: i32 http_url,
    11: i32 UnknownFields,
}

// A second name for the same Go name.
struct user_data {
    1: i32 a,
}

struct UserData {
    1: i32 a,
}

struct NewUserData {
    1: i32 a,
}

struct Sparse {
    -3: i32 negative,
    32767: i32 last,
    300: string far,
    1: i32 first,
}

struct Big {
    1: optional i32 f1,
    2: optional i32 f2,
    3: optional i32 f3,
    4: optional i32 f4,
    5: optional i32 f5,
    6: optional i32 f6,
    7: optional i32 f7,
    8: optional i32 f8,
    9: optional i32 f9,
    10: optional i32 f10,
    11: optional i32 f11,
    12: optional i32 f12,
    13: optional i32 f13,
    14: optional i32 f14,
    15: optional i32 f15,
    16: optional i32 f16,
    17: optional i32 f17,
    18: optional string f18,
    19: optional string f19,
    20: optional string f20,
}

// Newer has what Older does not know.
struct Older {
    1: i32 a,
}

struct Newer {
    1: i32 a,
    2: string b,
    3: list<Inner> c,
    4: map<string, Inner> d,
    5: Inner e,
    6: optional i64 f,
}

const map<string, Inner> INNERS = {"one": {"a": 1, "c": ["x"]}}
const uuid NIL_ID = "00000000-0000-0000-0000-000000000001"
const binary RAW = "raw"
const double RATIO = 0.5
const bool YES = true

exception Failure {
    1: string message,
    2: optional Inner detail,
    3: string Error,
}

/** Everything that a method can be. */
service All extends shared.Base {
    /** Echoes. */
    Inner echo(1: Inner req),
    void nothing(),
    oneway void fire(1: i32 n, 2: string why),
    i32 add(1: i32 a, 2: i32 b) throws (1: Failure failure, 2: shared.NotFound missing),
    list<string> names(1: required i32 limit, 2: set<string> type) throws (1: Failure err),
    binary raw(1: binary data),
    map<string, Inner> inners(1: InnerMap m = {}),
    shared.Level level(1: shared.Level level = shared.Level.MID),
    uuid id() (idempotent = "true"),
    Choice choose(1: Choice choice),
    void close(1: i32 ctx, 2: i32 c),
}
