package gen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/gen/testdata/bench/go/bench"
	"github.com/volo-go/volo/pilota/thrift"
)

// The shapes, near those of integration/bench: they are here to tune the
// generator with.
func smallShape() *bench.Small {
	return &bench.Small{A: 1, B: 2, C: 3, D: true, E: strings.Repeat("e", 30), F: strings.Repeat("f", 40)}
}

func echoShape() *bench.Echo {
	return &bench.Echo{Action: "echo", Msg: strings.Repeat("m", 1000)}
}

func item(i int) *bench.Item {
	return &bench.Item{
		ID: new(int64(i)), Name: new(fmt.Sprintf("item number %d", i)), Score: new(float64(i)),
		Active: new(i%2 == 0), Count: new(int32(i)),
	}
}

func mediumShape() *bench.Medium {
	m := &bench.Medium{
		ID: 7, Title: "a medium struct", Note: new("with a note"),
		ByName: map[string]*bench.Item{}, Labels: map[string]string{},
		Numbers: []int64{1, 2, 3, 4, 5, 6, 7, 8},
	}
	for i := range 10 {
		m.Items = append(m.Items, item(i))
	}
	for i := range 5 {
		m.ByName[fmt.Sprint("name", i)] = item(i)
		m.Labels[fmt.Sprint("label", i)] = fmt.Sprint("value", i)
	}
	return m
}

func largeShape() *bench.Large {
	l := new(bench.Large)
	for range 60 {
		l.Parts = append(l.Parts, mediumShape())
	}
	return l
}

func intsShape(n int) *bench.Ints {
	s := new(bench.Ints)
	for i := range n {
		s.Longs = append(s.Longs, int64(i)<<32+int64(i))
	}
	return s
}

func mapsShape() *bench.Maps {
	s := &bench.Maps{Strings: map[string]string{}, Numbers: map[int32]int64{}}
	for i := range 100 {
		s.Strings[fmt.Sprint("key", i)] = fmt.Sprint("value", i)
		s.Numbers[int32(i)] = int64(i)
	}
	return s
}

func nestedShape(levels int) *bench.Nested {
	var s *bench.Nested
	for i := range levels {
		s = &bench.Nested{Value: int32(i), Next: s}
	}
	return s
}

var shapes = []struct {
	name  string
	value thrift.Struct
}{
	{"small", smallShape()},
	{"echo1k", echoShape()},
	{"medium", mediumShape()},
	{"large", largeShape()},
	{"ints", intsShape(10_000)},
	{"maps", mapsShape()},
	{"nested", nestedShape(20)},
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
	news := map[string]func() thrift.Struct{
		"small":  func() thrift.Struct { return new(bench.Small) },
		"echo1k": func() thrift.Struct { return new(bench.Echo) },
		"medium": func() thrift.Struct { return new(bench.Medium) },
		"large":  func() thrift.Struct { return new(bench.Large) },
		"ints":   func() thrift.Struct { return new(bench.Ints) },
		"maps":   func() thrift.Struct { return new(bench.Maps) },
		"nested": func() thrift.Struct { return new(bench.Nested) },
	}
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			buf, fresh := encode(b, s.value), news[s.name]
			var d thrift.Decoder
			b.SetBytes(int64(len(buf)))
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(buf, thrift.DecodeOptions{})
				if _, err := fresh().ConsumeBinary(&d, buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
