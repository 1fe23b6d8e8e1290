/**
 * Every type and every kind of call that Apache's ThriftTest.thrift
 * exercises, in our own words.
 */

namespace go kitchen
namespace java com.example.kitchen
namespace py.twisted kitchen
namespace xsd kitchen (uri = 'http://example.com/ns/kitchen')
namespace * example.kitchen

/** How hot. */
enum Heat {
  OFF = 0
  LOW,
  MEDIUM,
  HIGH = 5,
  HIGHER
  MAX = 0xff
}

const Heat DEFAULT_HEAT = Heat.LOW;

typedef i64 OrderID
typedef map<string, Dish> Menu

struct Dish {
  1: string name,
  2: i32 minutes
}

struct Scalars
{
  1:  bool   flag,
  4:  i8     tiny,
  5:  byte   also_tiny
  6:  i16    small
  9:  i32    medium,
  11: i64    large;
  12: double real
  13: string text
  14: binary blob
  15: uuid   id
}

struct Pan {
  1: Dish dish,
  2: Scalars scalars
  3: optional Heat heat
} (python.immutable = "")

struct Nested {
  1: list<list<list<i32>>> cube
  2: optional set<Pan> pans,
  3: required list<map<set<i32> (sorted = ""), map<i32, set<list<map<Pan, string>(a.b = "c")>>>>> deep
  4: map<OrderID, map<Heat, Pan>> orders
  5: map<list<i32>, set<string>> odd_keys
}

union Order {
  1: Menu menu
  2: string text
  3: i32 number
  4: Nested nested
}

exception Burnt {
  1: i32 degrees
  2: string message
}

exception SoldOut {
  1: i32 code
  2: Dish instead
}

struct Empty {}
struct Holder { 1: Empty empty }

struct V1 { 1: i32 first, 3: string old, 12: i32 last }
struct V2 {
  1: i32 first
  2: i32 added
  4: list<Dish> dishes
  5: map<i32, i32> numbers
  12: i32 last
}

struct WideIDs {
  1: bool a1
  100: bool a100
  1000: V1 a1000,
  32767: list<i32> a32767
}

struct Defaults {
  1: optional bool yes = true
  2: optional string text = "true"
  3: optional set<string> words = ["test"]
  4: optional set<binary> empty = {}
  5: optional map<binary, i32> none = {}
  6: Heat heat = Heat.MAX
  7: Dish dish = {"name": "soup", "minutes": 30}
}

service Kitchen {
  void rest(),
  string text(1: string it)
  bool flag(1: bool it)
  i8 tiny(1: i8 it),
  i16 small(1: i16 it)
  i32 medium(1: i32 it);
  i64 large(1: i64 it)
  double real(1: double it)
  binary blob(1: binary it)
  uuid id(1: uuid it)
  Dish dish(1: Dish it)
  Nested nested(1: Nested it)
  map<i32, i32> numbers(1: map<i32, i32> it)
  set<i32> some(1: set<i32> it)
  list<i32> many(1: list<i32> it)
  Heat heat(1: Heat it)
  OrderID order(1: OrderID it)
  map<OrderID, map<Heat, Pan>> table(1: Pan it)
  Order either(1: Order it)

  /** Several arguments. */
  Scalars several(1: i8 a, 2: i32 b, 3: i64 c, 4: map<i16, string> d, 5: Heat e, 6: OrderID f)

  /** One way to fail. */
  void risky(1: string how) throws (1: Burnt burnt)

  /** Two ways to fail. */
  Dish riskier(1: string how, 2: string what) throws (1: Burnt burnt, 2: SoldOut sold_out)

  oneway void ring(1: i32 seconds)
}

service Bar extends Kitchen {
  string mix(1: list<string> what)
}
