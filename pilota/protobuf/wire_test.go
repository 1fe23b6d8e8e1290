package protobuf_test

import (
	"math"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/volo-go/volo/pilota/protobuf"
)

// edges are numbers where the length of a varint changes, and their
// neighbours.
func edges() (all []uint64) {
	for bits := range 64 {
		all = append(all, 1<<bits-1, 1<<bits, 1<<bits+1)
	}
	return append(all, math.MaxUint64)
}

func TestVarints(t *testing.T) {
	for _, v := range edges() {
		want := protowire.AppendVarint(nil, v)
		if got := protobuf.SizeVarint(v); got != len(want) {
			t.Errorf("size of %d: got %d, want %d", v, got, len(want))
		}
		b := make([]byte, 20)
		i := protobuf.PutVarint(b, 15, v)
		if got := b[i:15]; string(got) != string(want) {
			t.Errorf("%d: got %x, want %x", v, got, want)
		}
		for _, behind := range []int{0, 1, 5, 20} { // near the end, and not
			in := append(append([]byte{0xff}, want...), make([]byte, behind)...)
			if got, next := protobuf.Varint(in, 1); got != v || next != 1+len(want) {
				t.Errorf("%x: got %d, next %d, want %d, next %d", in, got, next, v, 1+len(want))
			}
		}
		for cut := range want {
			if _, next := protobuf.Varint(want[:cut], 0); next >= 0 {
				t.Errorf("%x: got a varint, want none", want[:cut])
			}
		}
	}
}

func TestZigzag(t *testing.T) {
	for _, u := range edges() {
		v := int64(u)
		if got, want := protobuf.Zigzag(v), protowire.EncodeZigZag(v); got != want {
			t.Errorf("%d: got %d, want %d", v, got, want)
		}
		if got := protobuf.Unzigzag(protobuf.Zigzag(v)); got != v {
			t.Errorf("got %d, want %d", got, v)
		}
	}
}

func FuzzVarintIsThatOfProtowire(f *testing.F) {
	for _, v := range edges() {
		f.Add(protowire.AppendVarint(nil, v))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		want, n := protowire.ConsumeVarint(b)
		got, next := protobuf.Varint(b, 0)
		if (n < 0) != (next < 0) || n >= 0 && (got != want || next != n) {
			t.Errorf("%x: got %d, next %d, want %d, next %d", b, got, next, want, n)
		}
	})
}

func FuzzPackedVarints(f *testing.F) {
	for _, v := range edges() {
		f.Add(protowire.AppendVarint(nil, v))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var want []int64
		for rest := b; len(rest) > 0; {
			v, n := protowire.ConsumeVarint(rest)
			if n < 0 {
				if _, ok := protobuf.PackedVarints([]int64(nil), b); ok {
					t.Errorf("%x: no error", b)
				}
				return
			}
			want, rest = append(want, int64(v)), rest[n:]
		}
		got, ok := protobuf.PackedVarints([]int64{7}, b)
		if !ok || len(got) != len(want)+1 {
			t.Fatalf("%x: got %d numbers, %t, want %d", b, len(got)-1, ok, len(want))
		}
		for i, v := range want {
			if got[i+1] != v {
				t.Errorf("%x: number %d: got %d, want %d", b, i, got[i+1], v)
			}
		}
	})
}
