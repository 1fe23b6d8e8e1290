struct Item {
  1: i32 id (vt.grt = "0")
  2: string name (vt.gt = "0", vt.min_size = "1")
  3: list<i32> list (vt.elem.min_size = "3")
  4: i32 count (vt.not_nil = "true")
  5: list<string> bare (vt.elem = "x")
}
