struct A {
	1: i32 x = "tab"
	1: i32	y
}
