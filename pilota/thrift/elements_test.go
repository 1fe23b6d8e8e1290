package thrift_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
)

type color int32

// checkElements appends and consumes lists of every length around the width
// of the loops, and compares with what one element at a time gives.
func checkElements[T any](t *testing.T, typ thrift.Type, make func(int) T, one func([]byte, T) []byte,
	add func([]byte, []T) []byte, consume func(*thrift.Decoder, []byte) ([]T, []byte, error), equal func(a, b T) bool) {
	t.Helper()
	for n := range 40 {
		var list []T
		want := []byte("front")
		for i := range n {
			list = append(list, make(i))
			want = one(want, list[i])
		}
		got := add([]byte("front"), list)
		if !bytes.Equal(got, want) {
			t.Fatalf("%v, %d elements:\ngot  % x\nwant % x", typ, n, got, want)
		}
		msg := append(binary.BigEndian.AppendUint32([]byte{byte(typ)}, uint32(n)), want[5:]...)
		msg = append(msg, "rest"...)
		var d thrift.Decoder
		d.Reset(msg, thrift.DecodeOptions{})
		back, rest, err := consume(&d, msg)
		if err != nil || string(rest) != "rest" || back == nil || !slices.EqualFunc(back, list, equal) {
			t.Fatalf("%v, %d elements: got %v, rest %q, %v; want %v", typ, n, back, rest, err, list)
		}
		if n > 0 {
			short := msg[:len(msg)-5]
			d.Reset(short, thrift.DecodeOptions{})
			if _, _, err := consume(&d, short); !errors.Is(err, thrift.ErrInvalidLength) {
				t.Fatalf("%v, %d elements less a byte: got %v", typ, n, err)
			}
		}
	}
}

func same[T comparable](a, b T) bool { return a == b }

func TestElements(t *testing.T) {
	be := binary.BigEndian
	checkElements(t, thrift.BOOL, func(i int) bool { return i%3 == 0 },
		func(b []byte, v bool) []byte { return append(b, thrift.Bool(v)) }, thrift.AppendBools, thrift.ConsumeBools, same)
	checkElements(t, thrift.I8, func(i int) int8 { return int8(-i) },
		func(b []byte, v int8) []byte { return append(b, byte(v)) }, thrift.AppendI8s, thrift.ConsumeI8s, same)
	checkElements(t, thrift.I16, func(i int) int16 { return int16(i * -1001) },
		func(b []byte, v int16) []byte { return be.AppendUint16(b, uint16(v)) }, thrift.AppendI16s, thrift.ConsumeI16s, same)
	checkElements(t, thrift.I32, func(i int) int32 { return int32(i) * -100_000_001 },
		func(b []byte, v int32) []byte { return be.AppendUint32(b, uint32(v)) }, thrift.AppendI32s[int32], thrift.ConsumeI32s[int32], same)
	checkElements(t, thrift.I32, func(i int) color { return color(i) },
		func(b []byte, v color) []byte { return be.AppendUint32(b, uint32(v)) }, thrift.AppendI32s[color], thrift.ConsumeI32s[color], same)
	checkElements(t, thrift.I64, func(i int) int64 { return int64(i) * -0x123456789ABCDEF },
		func(b []byte, v int64) []byte { return be.AppendUint64(b, uint64(v)) }, thrift.AppendI64s, thrift.ConsumeI64s, same)
	checkElements(t, thrift.DOUBLE, func(i int) float64 { return float64(i) * -1.1 },
		func(b []byte, v float64) []byte { return be.AppendUint64(b, math.Float64bits(v)) }, thrift.AppendDoubles, thrift.ConsumeDoubles, same)
	checkElements(t, thrift.UUID, func(i int) [16]byte { return [16]byte{byte(i), 15: byte(-i)} },
		func(b []byte, v [16]byte) []byte { return append(b, v[:]...) }, thrift.AppendUUIDs, thrift.ConsumeUUIDs, same)
}

func TestStringElements(t *testing.T) {
	for n := range 10 {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("%*d", i, i))
		}
		b, err := thrift.AppendStrings(nil, list)
		if err != nil || !bytes.Equal(b, texts(list...)) || thrift.StringsSize(list) != len(b) {
			t.Fatalf("%q: got % x, %v, size %d", list, b, err, thrift.StringsSize(list))
		}
		msg := append(binary.BigEndian.AppendUint32([]byte{byte(thrift.STRING)}, uint32(n)), b...)
		var d thrift.Decoder
		d.Reset(msg, thrift.DecodeOptions{})
		got, rest, err := thrift.ConsumeStrings(&d, msg)
		if err != nil || len(rest) != 0 || !slices.Equal(got, list) {
			t.Fatalf("got %q, rest %q, %v; want %q", got, rest, err, list)
		}
		binaries, _, err := thrift.ConsumeBinaries(&d, msg)
		if err != nil || len(binaries) != n {
			t.Fatalf("binaries: got %q, %v", binaries, err)
		}
	}
}

// Short lists and optional scalars share chunks; none of them may reach
// another.
func TestPiecesOfAChunkAreApart(t *testing.T) {
	list := append([]byte{byte(thrift.I32), 0, 0, 0, 3}, make([]byte, 12)...)
	msg := bytes.Repeat(list, 20)
	var d thrift.Decoder
	d.Reset(msg, thrift.DecodeOptions{})
	var lists [][]int32
	var numbers []*int64
	for b := msg; len(b) > 0; {
		v, rest, err := thrift.ConsumeI32s[int32](&d, b)
		if err != nil {
			t.Fatal(err)
		}
		b = rest
		lists = append(lists, v)
		numbers = append(numbers, thrift.Optional(&d, int64(len(numbers))))
	}
	for i, v := range lists {
		for j := range v {
			v[j] = -1
		}
		lists[i] = append(v, -1, -1)
	}
	for i, p := range numbers {
		if *p != int64(i) {
			t.Errorf("number %d became %d", i, *p)
		}
	}
}

func TestElementsOfAnotherTypeAreRefused(t *testing.T) {
	msg := []byte{byte(thrift.I64), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}
	var d thrift.Decoder
	d.Reset(msg, thrift.DecodeOptions{})
	_, _, err := thrift.ConsumeI32s[int32](&d, msg)
	if !errors.Is(err, thrift.ErrElementType) {
		t.Errorf("got %v, want ErrElementType", err)
	}
}
