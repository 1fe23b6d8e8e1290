include "base.thrift

const string greeting = "hello
const string other = 'it\'s fine'
const string last = 'no \\
struct S { 1: i32 a = "checked" }
