package protobuf

import (
	"encoding/binary"
	"math/bits"
)

// Integer is what travels as a plain varint.
type Integer interface {
	~int32 | ~int64 | ~uint32 | ~uint64
}

// grow returns v with n more elements.
func grow[T any](v []T, n int) []T {
	if cap(v)-len(v) >= n {
		return v[:len(v)+n]
	}
	if len(v) == 0 {
		return make([]T, n)
	}
	return append(v, make([]T, n)...)
}

// PackedVarints appends the varints of b to v. ok is false if one cannot be
// read.
func PackedVarints[T Integer](v []T, b []byte) (_ []T, ok bool) {
	n := len(v)
	v = grow(v, countVarints(b))
	to := v[n:]
	i, k := unpackBlocks(to, b)
	if i < 0 {
		return v[:n], false
	}
	for ; k < len(to); k++ {
		if len(b)-i >= 5 {
			// The first steps of Varint, in place.
			w := (*[5]byte)(b[i:])
			u := uint64(w[0])
			if w[0] < 0x80 {
				to[k] = T(u)
				i++
				continue
			}
			u += uint64(w[1])<<7 - 0x80
			if w[1] < 0x80 {
				to[k] = T(u)
				i += 2
				continue
			}
			u += uint64(w[2])<<14 - 0x80<<7
			if w[2] < 0x80 {
				to[k] = T(u)
				i += 3
				continue
			}
		}
		u, next := Varint(b, i)
		if next < 0 {
			return v[:n], false
		}
		to[k], i = T(u), next
	}
	return v, i == len(b)
}

// PackedZigzag32 appends the sint32 of b to v.
func PackedZigzag32(v []int32, b []byte) (_ []int32, ok bool) {
	n := len(v)
	if v, ok = PackedVarints(v, b); !ok {
		return v, false
	}
	for k, u := range v[n:] {
		v[n+k] = int32(Unzigzag(uint64(uint32(u))))
	}
	return v, true
}

// PackedZigzag64 appends the sint64 of b to v.
func PackedZigzag64(v []int64, b []byte) (_ []int64, ok bool) {
	n := len(v)
	if v, ok = PackedVarints(v, b); !ok {
		return v, false
	}
	for k, u := range v[n:] {
		v[n+k] = Unzigzag(uint64(u))
	}
	return v, true
}

// PackedBools appends the bools of b to v.
func PackedBools(v []bool, b []byte) (_ []bool, ok bool) {
	n := len(v)
	v = grow(v, countVarints(b))
	to := v[n:]
	i := 0
	for k := range to {
		var u uint64
		if u, i = Varint(b, i); i < 0 {
			return v[:n], false
		}
		to[k] = u != 0
	}
	return v, i == len(b)
}

// countLastBytes returns how many bytes of b are the last one of a varint.
func countLastBytes(b []byte) (n int) {
	for len(b) >= 8 {
		n += bits.OnesCount64(^binary.LittleEndian.Uint64(b) & 0x8080808080808080)
		b = b[8:]
	}
	for _, c := range b {
		n += int(^c >> 7)
	}
	return n
}

// SizePacked returns how many bytes the varints of v take.
func SizePacked[T Integer](v []T) (n int) {
	for _, x := range v {
		n += SizeVarint(uint64(x))
	}
	return n
}

// SizeZigzag returns how many bytes the zigzag varints of v take.
func SizeZigzag[T int32 | int64](v []T) (n int) {
	for _, x := range v {
		n += SizeVarint(Zigzag(int64(x)))
	}
	return n
}

// PutPacked puts the varints of v, without tag and length.
func PutPacked[T Integer](b []byte, i int, v []T) int {
	i, left := packBlocks(b, i, v)
	for k := left - 1; k >= 0; k-- {
		i = PutVarint(b, i, uint64(v[k]))
	}
	return i
}

// PutZigzag puts the zigzag varints of v, without tag and length.
func PutZigzag[T int32 | int64](b []byte, i int, v []T) int {
	for k := len(v) - 1; k >= 0; k-- {
		i = PutVarint(b, i, Zigzag(int64(v[k])))
	}
	return i
}

// PutBools puts the bools of v, without tag and length.
func PutBools(b []byte, i int, v []bool) int {
	for k := len(v) - 1; k >= 0; k-- {
		i = PutBool(b, i, v[k])
	}
	return i
}
