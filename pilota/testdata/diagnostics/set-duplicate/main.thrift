enum Color { RED = 1, CRIMSON = 1 }

const set<i32> a = [1, 2, 0x1]
const set<string> b = ["x", 'x']
const set<double> c = [1, 1.0]
const list<i32> fine = [1, 1]
