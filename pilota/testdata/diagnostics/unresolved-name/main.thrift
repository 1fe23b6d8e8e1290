include "base.thrift"

struct Person {
    1: Adress address
    2: base.Tiem created
    3: Time missing_prefix
    4: bsae.Time wrong_prefix
    5: main.Address own_prefix
    6: strng name
    7: Hidden hidden
    8: Nothing nothing
    9: Color color = RED
    10: Color other = Color.REED
    11: i32 limit = max_limit
    12: map<Unknown, list<Unknown2>> both
}

struct Address {}
enum Color { RED }
const i32 maxlimit = 5

service Directory extends Base {}
service Second extends Directori {}

struct Foreign { 1: int32 number, 2: float32 ratio, 3: list<bytes> blobs, 4: uint64 total }
const bool ON = True
