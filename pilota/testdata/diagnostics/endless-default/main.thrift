struct Box {
    1: Box inner = {}
}

struct Left { 1: list<Right> rights = [{}] }
struct Right { 1: map<string, Left> lefts = {"one": {}} }

struct Fine { 1: optional Fine inner, 2: Other other = {} }
struct Other { 1: optional Fine fine }
