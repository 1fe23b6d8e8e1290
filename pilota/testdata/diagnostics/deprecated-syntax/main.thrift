cpp_namespace old
php_namespace "Old"

senum Size { "small", "large" }

struct S {
    1: slist words
    2: Size size = "small"
}

service Poll {
    async void poke()
}
