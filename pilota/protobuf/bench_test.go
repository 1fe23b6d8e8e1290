package protobuf_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/pilota/testdata/proto/bench"
)

func small(i int) *bench.Small {
	return &bench.Small{
		Id: int64(i)<<20 | 77, Count: 1234, Ok: true, Ratio: 0.75,
		Name: "a name of forty characters, more or less", Kind: "plain kind of a thing",
	}
}

func item(i int) *bench.Item {
	return &bench.Item{
		Id:     proto.Int64(int64(i) * 1_000_003),
		Name:   proto.String(fmt.Sprintf("item number %d", i)),
		Price:  proto.Float64(float64(i) / 4),
		Stock:  proto.Int32(int32(i) * 37),
		Labels: []string{"new", "offer of the day"},
	}
}

func medium(k int) *bench.Medium {
	m := &bench.Medium{
		Title: "a medium message", Created: 1_700_000_000_000,
		Index:      map[string]*bench.Item{},
		Attributes: map[string]string{"colour": "green", "size": "large", "material": "wood"},
		Scores:     []int32{1, 22, 333, 4444, 55555},
		Small:      small(k),
	}
	for i := range 8 {
		m.Items = append(m.Items, item(k*8+i))
		m.Index[fmt.Sprintf("key-%d", i)] = item(i)
	}
	return m
}

// shapes are what codecs are measured with.
var shapes = []struct {
	name    string
	message proto.Message
}{
	{"small", small(7)},
	{"echo1k", &bench.Echo{Message: strings.Repeat("Volo for Go. ", 79)[:1024], Id: 1 << 33}},
	{"medium", medium(1)},
	{"large", large()},
	{"maps", maps()},
	{"ints", ints()},
}

func large() *bench.Large {
	m := &bench.Large{}
	for i := range 60 {
		m.Parts = append(m.Parts, medium(i))
	}
	return m
}

func maps() *bench.Maps {
	m := &bench.Maps{Texts: map[string]string{}, Numbers: map[int64]int64{}, Messages: map[string]*bench.Small{}}
	for i := range 50 {
		m.Texts[fmt.Sprintf("text-%d", i)] = strings.Repeat("v", i)
		m.Numbers[int64(i)*1000] = int64(i) << i
		m.Messages[fmt.Sprintf("small-%d", i)] = small(i)
	}
	return m
}

func ints() *bench.Ints {
	m := &bench.Ints{}
	for i := range 3000 {
		m.Varints = append(m.Varints, int64(i)*int64(i)*int64(i))
		m.Zigzags = append(m.Zigzags, int32(i*i)*int32(1-i%2*2))
		m.Fixed = append(m.Fixed, int64(i)<<20)
	}
	return m
}

func BenchmarkEncode(b *testing.B) {
	for _, s := range shapes {
		buf := make([]byte, 0, 2*proto.Size(s.message))
		b.Run(s.name+"/volo", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := protobuf.Append(buf[:0], s.message); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(s.name+"/proto.Marshal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (proto.MarshalOptions{}).MarshalAppend(buf[:0], s.message); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(s.name+"/protobuf-go", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := protobuf.StockAppend(buf[:0], s.message, false); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range shapes {
		wire, err := protobuf.StockAppend(nil, s.message, true)
		if err != nil {
			b.Fatal(err)
		}
		typ := s.message.ProtoReflect().Type()
		b.Run(s.name+"/volo", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(wire)))
			for b.Loop() {
				if err := protobuf.Unmarshal(wire, typ.New().Interface(), protobuf.DecodeOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(s.name+"/protobuf-go", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(wire)))
			for b.Loop() {
				if err := protobuf.StockMerge(wire, typ.New().Interface()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
