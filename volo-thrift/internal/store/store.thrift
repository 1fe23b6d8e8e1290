// What the tests of volo-thrift call. The Go code beside this file is
// generated from it; PackagePrefix is the folder above.
namespace go store

/** There is no value under the key. */
exception NotFound {
    1: string key,
}

/** The caller may not do this. */
exception Denied {
    1: string reason,
    2: i32 code,
}

/** Must have exactly one member: anything else cannot be encoded. */
union Choice {
    1: string text,
    2: i64 number,
}

/** Nests as deep as one likes. */
struct Tree {
    1: string name,
    2: optional Tree child,
}

service Store {
    string get(1: string key) throws (1: NotFound missing, 2: Denied denied),
    void put(1: string key, 2: string value) throws (1: Denied denied),
    Choice choose(1: list<i64> weights),
    i32 depth(1: Tree tree),
    oneway void note(1: string text),
}

service Audit {
    string get(1: string key),
    string last(),
}
