struct Point {}
service Calls {}

const i32 a = Point
const string b = Calls
