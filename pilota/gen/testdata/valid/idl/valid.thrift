// Every rule there is.
namespace go demo.valid

enum Level {
    LOW = 1,
    MID = 5,
    HIGH = 10,
}

typedef string Name

struct Numbers {
    1: i8 tiny (vt.gt = "0", vt.le = "10"),
    2: i16 small (vt.in = "1", vt.in = "2", vt.in = "0x10"),
    3: i32 most (vt.ge = "-5", vt.lt = "100"),
    4: i64 other (vt.not_in = "7", vt.le = "$limit"),
    5: double ratio (vt.ge = "0", vt.lt = "1.5"),
    6: i64 limit = 1000,
    7: optional i32 maybe (vt.const = "3"),
    8: optional i32 must (vt.not_nil = "true", vt.ge = "1"),
    9: bool yes = true (vt.const = "true"),
}

struct Texts {
    1: Name name (vt.min_size = "1", vt.max_size = "8", vt.pattern = "^[a-z]*$"),
    2: string code = "ab-yz" (
        vt.prefix = "ab",
        vt.suffix = "yz",
        vt.contains = "-",
        vt.not_contains = " ",
    ),
    3: binary raw (vt.max_size = "4", vt.not_in = "bad"),
    4: optional string word (vt.in = "one", vt.in = "two"),
    5: i32 length (vt.le = "@len($name)"),
    6: Level level = Level.LOW (vt.defined_only = "true", vt.not_in = "Level.MID"),
    7: optional Level high (vt.const = "Level.HIGH"),
}

struct Containers {
    1: list<i32> list (vt.min_size = "1", vt.elem.gt = "0"),
    2: map<string, Texts> by_name (vt.max_size = "2", vt.key.min_size = "2", vt.no_sparse = "true"),
    3: list<list<string>> deep (vt.elem.elem.max_size = "3"),
    4: set<Level> levels (vt.elem.defined_only = "true"),
    5: Numbers numbers (vt.not_nil = "true"),
    6: Numbers skipped (vt.skip = "true"),
    7: optional Containers inside,
    8: map<Numbers, i32> by_numbers (vt.value.ge = "0"),
    9: list<string> some (vt.min_size = "$least"),
    10: i32 least,
    11: i32 Validate,
}

struct Batch {
    1: i32 count,
    2: list<string> items,
    3: optional i64 divisor,
    4: double half = 0.5,
    5: string name,
    6: bool even = true,
    7: Level level = Level.LOW,
} (
    vt.assert = "@equal($count, @len($items))",
    vt.assert = "@equal(@mod($count, $divisor), 0)",
    vt.assert = "@equal(@add($half, 0.5), 1.0)",
    vt.assert = "@equal(@add($name, '!'), 'a!')",
    vt.assert = "$even",
    vt.assert = "@equal($level, 1)",
)

struct Free {
    1: string anything,
}

service Checked {
    void check(1: i32 n (vt.gt = "0"), 2: Texts texts),
    void free(1: Free anything),
}
