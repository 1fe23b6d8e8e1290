typedef list<i32> (cpp.template = "std::list") Numbers (a = 'b')
typedef string (unicode.encoding = "UTF-16",) Wide

struct Annotated {
    1: i32 plain (go.tag = 'json:"plain,omitempty"', presence = "required";)
    2: i32 (inner = "type") both (outer = "field")
    3: map<string (k), i32 (v = "1")> (whole = "x") nested = {} (d)
    4: i32 separators (a = "1" b = "2"; c = "3", d)
    5: i32 none ()
} (java.final = "", annotation.without.value, deprecated)

enum Weekday {
    SATURDAY = 1 (weekend = "yes"), SUNDAY (weekend)
} 

service Calls {
    void a() (deprecated = "not \"here\"")
    i32 (result) b(1: i32 x (vt.gt = "0")) throws (1: Failed e (http.code = "404")) (
        // a comment within
        api.get = "/b", // and one beside
        api.timeout = "1s"
        // and one at the end
    ),
} (service.kind = "test")

exception Failed {} (error.code = "1")
union Either { 1: i32 a (x) } (y)
