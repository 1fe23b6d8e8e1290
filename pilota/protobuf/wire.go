package protobuf

import (
	"encoding/binary"
	"math/bits"
)

// Wire types: the low three bits of a tag.
const (
	wireVarint     = 0
	wireFixed64    = 1
	wireBytes      = 2
	wireStartGroup = 3
	wireEndGroup   = 4
	wireFixed32    = 5
)

// maxNumber is the largest field number; tags have three bits more.
const maxNumber = 1<<29 - 1

// Varint reads the varint at b[i:] and returns the position after it, or a
// negative one if there is none. The fast path for one byte stands in
// generated code.
func Varint(b []byte, i int) (v uint64, next int) {
	if len(b)-i < 10 {
		return shortVarint(b, i)
	}
	w := binary.LittleEndian.Uint64(b[i:])
	stop := ^w & 0x8080808080808080
	if stop == 0 {
		return longVarint(b, i, w)
	}
	n := bits.TrailingZeros64(stop) >> 3 // bytes before the last
	w &= stop ^ (stop - 1)
	return compact(w), i + n + 1
}

// compact joins the low seven bits of each byte of w.
func compact(w uint64) uint64 {
	w = w&0x007f007f007f007f | w&0x7f007f007f007f00>>1
	w = w&0x00003fff00003fff | w&0x3fff00003fff0000>>2
	return w&0x0fffffff | w>>4&^0x0fffffff
}

// longVarint is Varint for nine and ten bytes, of which w are the first eight.
func longVarint(b []byte, i int, w uint64) (uint64, int) {
	v := compact(w & 0x7f7f7f7f7f7f7f7f)
	c, last := b[i+8], b[i+9]
	if v |= uint64(c&0x7f) << 56; c < 0x80 {
		return v, i + 9
	}
	if last > 1 {
		return 0, -1
	}
	return v | uint64(last)<<63, i + 10
}

// shortVarint is Varint near the end of b.
func shortVarint(b []byte, i int) (v uint64, next int) {
	for shift := 0; shift < 63; shift += 7 {
		if i >= len(b) {
			return 0, -1
		}
		c := b[i]
		i++
		if v |= uint64(c&0x7f) << shift; c < 0x80 {
			return v, i
		}
	}
	return 0, -1
}

// SizeVarint returns how many bytes v takes as a varint.
func SizeVarint(v uint64) int { return int(uint32(9*bits.Len64(v|1)+64) / 64) }

// SizeBytes returns how many bytes a value of n bytes takes with its length.
func SizeBytes(n int) int { return n + SizeVarint(uint64(n)) }

// Zigzag maps signed numbers to unsigned ones, small to small.
func Zigzag(v int64) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }

// Unzigzag undoes [Zigzag].
func Unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
