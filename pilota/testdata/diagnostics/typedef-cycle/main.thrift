typedef A A
typedef C B
typedef D C
typedef list<map<string, B>> D
typedef B leads_to_it

struct S { 1: A a, 2: leads_to_it b = 5 }
