// Base and Level are copies of those of a.thrift; Same is not.
namespace go demo.split

struct Base {
    1: string log_id,
    2: optional Base outer,
    3: Level level = Level.LOW,
}

enum Level {
    LOW = 1,
}

struct Same {
    1: i64 a,
}

const i32 MOST = 3

service C {
    Base swap(1: Base base, 2: Same same, 3: Level level = Level.LOW),
}
