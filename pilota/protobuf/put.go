package protobuf

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// The Put functions write a value so that it ends before b[i] and return
// where it begins.

// PutVarint puts v as a varint.
func PutVarint(b []byte, i int, v uint64) int {
	if v < 0x80 {
		i--
		b[i] = byte(v)
		return i
	}
	return putLongVarint(b, i, v)
}

func putLongVarint(b []byte, i int, v uint64) int {
	i -= SizeVarint(v)
	at := i
	for v >= 0x80 {
		b[at] = byte(v) | 0x80
		v >>= 7
		at++
	}
	b[at] = byte(v)
	return i
}

// WriteVarint writes v as a varint that begins at b[i] and returns where it
// ends.
func WriteVarint(b []byte, i int, v uint64) int {
	for v >= 0x80 {
		b[i] = byte(v) | 0x80
		v >>= 7
		i++
	}
	b[i] = byte(v)
	return i + 1
}

// PutRaw puts bytes that are encoded already.
func PutRaw(b []byte, i int, raw []byte) int {
	i -= len(raw)
	copy(b[i:], raw)
	return i
}

// PutBool puts a bool as a varint.
func PutBool(b []byte, i int, v bool) int {
	i--
	b[i] = 0
	if v {
		b[i] = 1
	}
	return i
}

// PutFixed32 puts four bytes.
func PutFixed32(b []byte, i int, v uint32) int {
	i -= 4
	binary.LittleEndian.PutUint32(b[i:], v)
	return i
}

// PutFixed64 puts eight bytes.
func PutFixed64(b []byte, i int, v uint64) int {
	i -= 8
	binary.LittleEndian.PutUint64(b[i:], v)
	return i
}

// IsZero32 reports whether v is the float that an implicit field leaves out:
// positive zero.
func IsZero32(v float32) bool { return math.Float32bits(v) == 0 }

// IsZero64 reports whether v is the double that an implicit field leaves out:
// positive zero.
func IsZero64(v float64) bool { return math.Float64bits(v) == 0 }

// KeysDescending returns the keys of m, the greatest first: what is put first
// comes last.
func KeysDescending[K cmp.Ordered, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	slices.Reverse(keys)
	return keys
}

// BoolsDescending returns the keys of m, true before false.
func BoolsDescending[V any](m map[bool]V) []bool {
	keys := make([]bool, 0, 2)
	for _, k := range []bool{true, false} {
		if _, ok := m[k]; ok {
			keys = append(keys, k)
		}
	}
	return keys
}
