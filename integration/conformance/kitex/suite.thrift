// What both sides of suite kitex serve and call. Comments say what a handler
// does; package stage has what two handlers have in common.
namespace go suite

enum Color {
    RED = 1,
    GREEN = 2,
    LATER = 40,
}

struct Key {
    1: i32 number,
    2: string text,
}

struct Leaf {
    1: required string name,
    2: optional i64 size,
    3: i32 weight = 7,
}

union Choice {
    1: i64 number,
    2: string text,
    3: Leaf leaf,
}

struct Everything {
    1: bool yes,
    2: i8 tiny,
    3: i16 short_one,
    4: i32 number,
    5: i64 big,
    6: double real,
    7: string text,
    8: binary bytes,
    9: Color color,
    10: list<string> words,
    11: set<i64> numbers,
    12: map<string, i32> counts,
    13: Leaf leaf,
    14: list<Leaf> leaves,
    15: map<i32, list<map<string, Leaf>>> deep,
    16: Choice choice,
    17: optional string absent,
    18: optional bool maybe,
    19: optional Everything inner,
    20: map<Key, string> keyed,
    21: list<Color> colors,
    22: list<bool> bits,
}

// Wide is what Narrow becomes in a later version of an IDL.
struct Wide {
    1: string text,
    2: Everything everything,
    3: map<i32, list<string>> more,
}

struct Narrow {
    1: string text,
}

// The arguments of widen as a later version has them.
struct Widened {
    1: Wide value,
    7: i64 since,
    8: list<Wide> further,
}

exception Declared {
    1: i32 code,
    2: string message,
}

exception Other {
    1: string why,
}

// View is how a call looks to its handler.
struct View {
    1: string caller,
    2: string callee,
    3: string service,
    4: string method,
    5: i64 remaining, // milliseconds until its deadline, 0 for none
    6: map<string, string> persistent,
    7: map<string, string> upstream, // what was transient at the caller
}

service Origin {
    // Inherited returns its argument.
    string inherited(1: string text),
}

service Suite extends Origin {
    // Nothing does nothing.
    void nothing(),

    // Echo returns its argument.
    Everything echo(1: Everything value),

    // Several joins its arguments: "number text value value".
    string several(1: i32 number, 2: string text, 3: list<i64> values),

    // Note is remembered until noted asks for it.
    oneway void note(1: string token),

    // Noted waits until token was noted and returns it.
    string noted(1: string token),

    // Fail fails as how says: declared, other, error, panic, biz, extra, typed.
    string fail(1: string how) throws (1: Declared declared, 2: Other other),

    // Look returns how it was called, and sends BACK=there back.
    View look(),

    // Relay calls look at another server, over a TTHeader.
    View relay(1: string address),

    // Turn returns its bytes, reversed.
    binary turn(1: binary bytes),

    // Meet waits until count calls with the token are there at once.
    i32 meet(1: string token, 2: i32 count),

    // Hold waits until the token is released.
    string hold(1: string token),

    // Release lets go those that hold the token, now and later.
    void release(1: string token),

    // Holding is how many calls hold tokens at the moment.
    i32 holding(),

    // Nap waits so long, whatever its deadline.
    void nap(1: i64 milliseconds),

    // Widen returns its argument.
    Narrow widen(1: Narrow value),

    // Who returns the name of the service, and its argument.
    string who(1: string text),
}

// Second has methods of its own and one that Suite has, too.
service Second {
    // Alone returns "alone ", and its argument.
    string alone(1: string text),

    // Mirror returns its argument.
    Everything mirror(1: Everything value),

    // Who returns the name of the service, and its argument.
    string who(1: string text),
}
