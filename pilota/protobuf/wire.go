package protobuf

import "math/bits"

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
// negative one if there is none. The fast paths for one byte and for two stand
// in generated code. Steps are written out: which of them is the last one is
// easily foreseen, since values of one field tend to be of one length.
func Varint(b []byte, i int) (v uint64, next int) {
	if len(b)-i < 10 {
		return shortVarint(b, i)
	}
	w := (*[10]byte)(b[i:])
	v = uint64(w[0])
	if w[0] < 0x80 {
		return v, i + 1
	}
	// Each step takes away the mark of the byte before.
	v += uint64(w[1])<<7 - 0x80
	if w[1] < 0x80 {
		return v, i + 2
	}
	v += uint64(w[2])<<14 - 0x80<<7
	if w[2] < 0x80 {
		return v, i + 3
	}
	v += uint64(w[3])<<21 - 0x80<<14
	if w[3] < 0x80 {
		return v, i + 4
	}
	v += uint64(w[4])<<28 - 0x80<<21
	if w[4] < 0x80 {
		return v, i + 5
	}
	v += uint64(w[5])<<35 - 0x80<<28
	if w[5] < 0x80 {
		return v, i + 6
	}
	v += uint64(w[6])<<42 - 0x80<<35
	if w[6] < 0x80 {
		return v, i + 7
	}
	v += uint64(w[7])<<49 - 0x80<<42
	if w[7] < 0x80 {
		return v, i + 8
	}
	v += uint64(w[8])<<56 - 0x80<<49
	if w[8] < 0x80 {
		return v, i + 9
	}
	v += uint64(w[9])<<63 - 0x80<<56
	if w[9] < 2 {
		return v, i + 10
	}
	return 0, -1
}

// span reads the length at b[i:] and returns where the bytes that it counts
// begin and end, or a negative end if they are not there.
func span(b []byte, i int) (from, end int) {
	var n uint64
	switch {
	case i < len(b) && b[i] < 0x80:
		n = uint64(b[i])
		i++
	case i+1 < len(b) && b[i+1] < 0x80:
		n = uint64(b[i]&0x7f) | uint64(b[i+1])<<7
		i += 2
	default:
		if n, i = Varint(b, i); i < 0 {
			return 0, -1
		}
	}
	if n > uint64(len(b)-i) {
		return 0, -1
	}
	return i, i + int(n)
}

// Data reads the length at b[i:] and returns the bytes that it counts and the
// position after them, or a negative one if they are not there.
func Data(b []byte, i int) (data []byte, next int) {
	i, next = span(b, i)
	if next < 0 {
		return nil, -1
	}
	return b[i:next], next
}

// shortVarint is Varint near the end of b.
func shortVarint(b []byte, i int) (v uint64, next int) {
	for shift := 0; i < len(b); shift += 7 {
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
