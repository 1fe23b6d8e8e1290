package codec

import (
	"fmt"
	"strings"
)

// A Shape is one message of codec.thrift or codec.proto.
type Shape struct {
	Name  string
	About string
	Wire  []byte // its encoding

	// Unordered says that the message has maps of several entries, so that
	// encoding it again may give them in another order.
	Unordered bool
}

// Shapes returns the shapes of codec.thrift, the smallest first.
func Shapes() []Shape {
	return []Shape{
		{Name: "small", About: "six scalars and a string, 128 B", Wire: small()},
		{Name: "echo", About: "the request of the echo, a string of 1 KiB", Wire: echo()},
		{Name: "medium", About: "about 1.2 KB in maps and lists of structs with optional fields", Wire: medium(0), Unordered: true},
		{Name: "large", About: "about 65 KB of the same", Wire: large(), Unordered: true},
		{Name: "ints", About: "10,000 i64", Wire: ints()},
		{Name: "ints32", About: "10,000 i32", Wire: ints32()},
		{Name: "maps", About: "three maps of 100 entries with string and integer keys and values", Wire: maps(), Unordered: true},
		{Name: "nested", About: "a tree of 31 structs, lists of lists, maps of maps", Wire: nested(), Unordered: true},
	}
}

// IsIntegerList reports whether the shape of that name is a list of integers,
// whose cost is that of one loop and is judged on its own.
func IsIntegerList(shape string) bool { return strings.HasPrefix(shape, "ints") }

func small() []byte {
	var m wire
	m.field(tBool, 1).u8(1)
	m.field(tI8, 2).u8(7)
	m.field(tI16, 3).u16(8888)
	m.field(tI32, 4).u32(200)
	m.field(tI64, 5).u64(1_700_000_000_000)
	m.field(tDouble, 6).f64(0.75)
	m.field(tString, 7).string(text(78))
	return m.stop()
}

func echo() []byte {
	var m wire
	m.field(tString, 1).string("echo")
	m.field(tString, 2).string(text(1024))
	return m.stop()
}

// item writes an item in which, counted by i, one optional field or another is
// missing.
func item(m *wire, i int) {
	m.field(tI64, 1).u64(uint64(1_000_000 + i))
	m.field(tString, 2).string(fmt.Sprintf("item number %03d of this record", i))
	if i%4 != 3 {
		m.field(tI32, 3).u32(uint32(i * 3))
	}
	m.field(tDouble, 4).f64(float64(i) * 1.25)
	if i%2 == 0 {
		m.field(tString, 5).string(text(64))
	}
	m.stop()
}

func medium(number int) []byte {
	var m wire
	m.field(tString, 1).string(fmt.Sprintf("record-%06d", number))
	m.field(tString, 2).string("somebody@example.org")
	m.field(tI64, 3).u64(uint64(1_700_000_000_000 + number))
	m.field(tMap, 4).mapOf(tString, tString, 4)
	for i := range 4 {
		m.string(fmt.Sprintf("label-%02d", i)).string(text(10 + i))
	}
	m.field(tList, 5).listOf(tStruct, 6)
	for i := range 6 {
		item(&m, i)
	}
	m.field(tMap, 6).mapOf(tString, tStruct, 3)
	for i := range 3 {
		m.string(fmt.Sprintf("featured-%d", i))
		item(&m, 100+i)
	}
	return m.stop()
}

func large() []byte {
	var m wire
	m.field(tList, 1).listOf(tStruct, 55)
	for i := range 55 {
		m = append(m, medium(i)...)
	}
	return m.stop()
}

func ints() []byte {
	var m wire
	m.field(tList, 1).listOf(tI64, 10_000)
	for i := range 10_000 {
		m.u64(uint64(i) * 0x9E3779B97F4A7C15)
	}
	return m.stop()
}

func ints32() []byte {
	var m wire
	m.field(tList, 1).listOf(tI32, 10_000)
	for i := range 10_000 {
		m.u32(uint32(i) * 0x9E3779B9)
	}
	return m.stop()
}

func maps() []byte {
	var m wire
	m.field(tMap, 1).mapOf(tString, tI64, 100)
	for i := range 100 {
		m.string(fmt.Sprintf("counter-%03d", i)).u64(uint64(i * i))
	}
	m.field(tMap, 2).mapOf(tI64, tString, 100)
	for i := range 100 {
		m.u64(uint64(i) << 20).string(fmt.Sprintf("name-%03d", i))
	}
	m.field(tMap, 3).mapOf(tI32, tI32, 100)
	for i := range 100 {
		m.u32(uint32(i)).u32(uint32(100 - i))
	}
	return m.stop()
}

func nested() []byte {
	var m wire
	tree(&m, "n", 4)
	return m
}

// tree writes a binary tree of that depth, each node with its stop.
func tree(m *wire, name string, depth int) {
	m.field(tString, 1).string(name)
	if depth > 0 {
		tree(m.field(tStruct, 2), name+"l", depth-1)
		tree(m.field(tStruct, 3), name+"r", depth-1)
	}
	if depth == 2 {
		m.field(tList, 4).listOf(tList, 4)
		for i := range 4 {
			m.listOf(tI32, 8)
			for j := range 8 {
				m.u32(uint32(i * j))
			}
		}
		m.field(tMap, 5).mapOf(tString, tMap, 2)
		for _, key := range []string{"inner", "outer"} {
			m.string(key).mapOf(tString, tString, 3)
			for i := range 3 {
				m.string(fmt.Sprintf("key-%d", i)).string(text(8))
			}
		}
	}
	m.stop()
}

// text returns a string of n bytes.
func text(n int) string {
	const line = "The quick brown fox jumps over the lazy dog. "
	return strings.Repeat(line, n/len(line)+1)[:n]
}
