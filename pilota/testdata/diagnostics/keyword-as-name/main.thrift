struct map {
    1: string list // fields may be called like keywords
    2: i32 required
    3: bool optional
}

service struct {
    void oneway(1: i32 service)
}

enum Level {
    const,
    async = 3
}

const Level set = Level.const
const Level copy = set
typedef i32 bool
