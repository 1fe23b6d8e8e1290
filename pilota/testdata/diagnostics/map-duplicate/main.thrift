const i32 one = 1
const map<i32, string> a = {1: "a", 2: "b", one: "c"}
const map<list<i32>, i32> b = {[1, 2]: 1, [1,2]: 2}
