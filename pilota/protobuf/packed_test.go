package protobuf_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/volo-go/volo/pilota/protobuf"
)

// Numbers of every length, in every number, come out as package binary writes
// them, with nothing beside them touched, and come back.
func TestPackedVarintsOfEveryLength(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		v, narrow := make([]int64, n), make([]int32, n)
		var want, wantNarrow []byte
		for k := range v {
			v[k] = int64(r.Uint64() >> (r.IntN(10) * 7))
			narrow[k] = int32(v[k])
			want = binary.AppendUvarint(want, uint64(v[k]))
			wantNarrow = binary.AppendUvarint(wantNarrow, uint64(narrow[k]))
		}
		checkPacked(t, v, want)
		checkPacked(t, narrow, wantNarrow)
	}
}

func checkPacked[T protobuf.Integer](t *testing.T, v []T, want []byte) {
	t.Helper()
	if got := protobuf.SizePacked(v); got != len(want) {
		t.Errorf("%d numbers: size %d, want %d", len(v), got, len(want))
	}
	b := bytes.Repeat([]byte{0xfe}, len(want)+3)
	if at := protobuf.PutPacked(b[:len(want)], len(want), v); at != 0 || !bytes.Equal(b[:len(want)], want) || !bytes.Equal(b[len(want):], []byte{0xfe, 0xfe, 0xfe}) {
		t.Errorf("%d numbers: put %x at %d, want %x", len(v), b, at, want)
	}
	got, ok := protobuf.PackedVarints([]T{7}, want)
	if !ok || !slices.Equal(got[1:], v) {
		t.Errorf("%d numbers: got %v, %t, want %v", len(v), got, ok, v)
	}
}

// A varint that does not end, and one of more than 64 bits, is found wherever
// it stands.
func TestPackedVarintsThatAreNone(t *testing.T) {
	tests := map[string][]byte{
		"eleven bytes":       append(bytes.Repeat([]byte{0x80}, 10), 0),
		"more than 64 bits":  append(bytes.Repeat([]byte{0xff}, 9), 2),
		"ninety bytes":       append(bytes.Repeat([]byte{0x80}, 90), 1),
		"a hundred that end": append(bytes.Repeat([]byte{0xff}, 99), 0),
	}
	for name, bad := range tests {
		for before := range 200 {
			b := slices.Concat(bytes.Repeat([]byte{5}, before), bad, bytes.Repeat([]byte{5}, 200))
			if _, ok := protobuf.PackedVarints([]int64(nil), b); ok {
				t.Fatalf("%s after %d numbers: accepted", name, before)
			}
		}
	}
}
