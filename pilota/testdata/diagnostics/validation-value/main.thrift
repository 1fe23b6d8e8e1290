enum Level { LOW = 1 }
struct Item {
  1: i8 id (vt.gt = "300")
  2: string name (vt.pattern = "(", vt.max_size = "-1")
  3: Level level (vt.in = "Level.HIGH", vt.defined_only = "perhaps")
  4: i32 count (vt.lt = "$lmit", vt.ge = "$name", vt.le = "@len($limit)")
  5: i32 limit (vt.gt = "")
}
struct Batch { 1: i32 count, 2: list<i32> items, 3: Item item } (
  vt.assert = "@equal($cont, 1)", vt.assert = "@equal($count", vt.assert = "@equal($count, 'x')", vt.assert = "$count",
  vt.assert = "@sum(1)", vt.assert = "@len(1)", vt.assert = "@equal($item, 1)", vt.assert = "true x", vt.check = "true"
)
