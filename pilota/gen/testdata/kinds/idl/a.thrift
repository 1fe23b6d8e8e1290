namespace go demo.kinds

struct Base {
    1: string log_id,
    2: optional Base outer,
    3: Level level = Level.LOW,
}

enum Level {
    LOW = 1,
}

struct Same {
    1: i32 a,
}

typedef list<i64> UserIds

struct HTTPTest {
    1: UserIds user_ids,
    2: string oauth_token,
    3: Base base,
}

union Either {
    1: i32 n,
    2: Base base,
}

exception Failed {
    1: string why,
}

const i32 MOST = 3

service A {
    Base get(1: Either which) throws (1: Failed failed),
}

service B {
    void put(1: Same same),
}
