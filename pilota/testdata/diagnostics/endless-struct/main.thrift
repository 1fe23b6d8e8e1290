struct Selfish {
    1: required Selfish inner
}

struct Hen { 1: required Egg egg }
typedef Hen Parent
exception Egg { 1: required Parent parent }

struct Tree { // ends
    1: required list<Tree> children
    2: optional Tree parent
    3: Tree root
}
union U { 1: U u, 2: i32 i }
