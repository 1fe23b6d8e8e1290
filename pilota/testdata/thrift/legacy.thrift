cpp_namespace legacy.cpp
php_namespace 'Legacy'
py_module legacy.py
xsd_namespace "http://example.com/legacy"

senum Size { "small", 'large'; "huge" }

struct Attributes xsd_all {
    1: string a xsd_optional
    2: string b xsd_nillable
    3: string c = "x" xsd_optional xsd_nillable xsd_attrs { 1: i32 attr, 2: string other } (note = "y")
    4: slist words
    5: Size size = "large"
    6: map cpp_type "std::map" <i32, string> d
    7: set cpp_type 'std::set' <i32> e
    8: list<i32> cpp_type "std::list" f
    9: optional Attributes & self
    10: i32 senum, 11: i32 slist, 12: i32 cpp_namespace
}

service Old {
    async void poke()
    void no_ids(string a, i32 b) throws (Gone e)
    i32 no_throws() throws ()
}

exception Gone { string message, 2: i32 code; i64 time }
