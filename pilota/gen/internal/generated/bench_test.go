package generated_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/gen/testdata/bench/go/bench"
	"github.com/volo-go/volo/pilota/thrift"
)

// The shapes are those of integration/bench. They are here to tune the
// generator with.
func smallShape() *bench.Small {
	return &bench.Small{
		Flag: true, Kind: 7, Port: 8888, Code: 200, Stamp: 1_700_000_000_000, Score: 0.75,
		Note: strings.Repeat("n", 78),
	}
}

func echoShape() *bench.Echo {
	return &bench.Echo{Action: "echo", Msg: strings.Repeat("m", 1024)}
}

func item(i int) *bench.Item {
	it := &bench.Item{
		ID:    int64(1_000_000 + i),
		Name:  new(fmt.Sprintf("item number %03d of this record", i)),
		Price: new(float64(i) * 1.25),
	}
	if i%4 != 3 {
		it.Quantity = new(int32(i * 3))
	}
	if i%2 == 0 {
		it.Remark = new(strings.Repeat("r", 64))
	}
	return it
}

func mediumShape(n int) *bench.Medium {
	m := &bench.Medium{
		ID: fmt.Sprintf("record-%06d", n), Owner: new("somebody@example.org"), Created: new(int64(n)),
		Labels: map[string]string{}, Featured: map[string]*bench.Item{},
	}
	for i := range 4 {
		m.Labels[fmt.Sprintf("label-%02d", i)] = strings.Repeat("l", 10+i)
	}
	for i := range 6 {
		m.Items = append(m.Items, item(i))
	}
	for i := range 3 {
		m.Featured[fmt.Sprintf("featured-%d", i)] = item(100 + i)
	}
	return m
}

func largeShape() *bench.Large {
	l := new(bench.Large)
	for i := range 55 {
		l.Records = append(l.Records, mediumShape(i))
	}
	return l
}

func intsShape(n int) *bench.Ints {
	s := new(bench.Ints)
	for i := range n {
		s.Values = append(s.Values, int64(uint64(i)*0x9E3779B97F4A7C15))
	}
	return s
}

func ints32Shape(n int) *bench.Ints32 {
	s := new(bench.Ints32)
	for i := range n {
		s.Values = append(s.Values, int32(uint32(i)*0x9E3779B9))
	}
	return s
}

func mapsShape(n int) *bench.Maps {
	s := &bench.Maps{Counts: map[string]int64{}, Names: map[int64]string{}, Links: map[int32]int32{}}
	for i := range n {
		s.Counts[fmt.Sprintf("counter-%03d", i)] = int64(i * i)
		s.Names[int64(i)<<20] = fmt.Sprintf("name-%03d", i)
		s.Links[int32(i)] = int32(100 - i)
	}
	return s
}

func nestedShape(name string, depth int) *bench.Nested {
	n := &bench.Nested{Name: name}
	if depth > 0 {
		n.Left, n.Right = nestedShape(name+"l", depth-1), nestedShape(name+"r", depth-1)
	}
	if depth == 2 {
		for i := range 4 {
			row := make([]int32, 8)
			for j := range row {
				row[j] = int32(i * j)
			}
			n.Rows = append(n.Rows, row)
		}
		n.Attributes = map[string]map[string]string{}
		for _, key := range []string{"inner", "outer"} {
			n.Attributes[key] = map[string]string{"key-0": "12345678", "key-1": "12345678", "key-2": "12345678"}
		}
	}
	return n
}

var shapes = []struct {
	name  string
	value thrift.Struct
	new   func() thrift.Struct
}{
	{"small", smallShape(), func() thrift.Struct { return new(bench.Small) }},
	{"echo", echoShape(), func() thrift.Struct { return new(bench.Echo) }},
	{"medium", mediumShape(0), func() thrift.Struct { return new(bench.Medium) }},
	{"large", largeShape(), func() thrift.Struct { return new(bench.Large) }},
	{"ints", intsShape(10_000), func() thrift.Struct { return new(bench.Ints) }},
	{"ints32", ints32Shape(10_000), func() thrift.Struct { return new(bench.Ints32) }},
	{"maps", mapsShape(100), func() thrift.Struct { return new(bench.Maps) }},
	{"nested", nestedShape("n", 4), func() thrift.Struct { return new(bench.Nested) }},
}

// Encode is size and append into a buffer that is reused.
func BenchmarkEncode(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			buf := encode(b, s.value)
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				if n := s.value.BinarySize(); n > cap(buf) {
					b.Fatal(n)
				}
				buf, _ = s.value.AppendBinary(buf[:0])
			}
		})
	}
}

// Decode is into a new struct, with a Decoder that is reused.
func BenchmarkDecode(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			buf := encode(b, s.value)
			var d thrift.Decoder
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(buf, thrift.DecodeOptions{})
				if _, err := s.new().ConsumeBinary(&d, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
