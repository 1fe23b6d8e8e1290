package protobuf

import "unsafe"

// Packed varints, with the instructions of BMI2: one of them gathers the seven
// bits of each byte.

// gathers says that AVX2 is there, and BMI2, and not as slow as in AMD's
// processors before family 19h.
var gathers = wide && hasFastBMI2()

func hasFastBMI2() bool

// countLast returns how many of n bytes at b are below 0x80; n is a multiple of
// 32.
//
//go:noescape
func countLast(b *byte, n int) int

// unpack reads the varints of b, blocks of 64 bytes at a time, and stores them
// at to, step bytes apart, as long as there are whole blocks with 10 bytes more
// and there is room for all that end in one, and 8 bytes more. It returns how
// many bytes it has read and how many numbers, or -1 if one is no varint.
//
//go:noescape
func unpack(to unsafe.Pointer, room, step int, b *byte, n int) (read, numbers int)

// countVarints returns how many bytes of b end a varint.
func countVarints(b []byte) (n int) {
	if whole := len(b) &^ 31; wide && whole > 0 {
		// Safety: b has that many bytes, which are only read.
		n, b = countLast(unsafe.SliceData(b), whole), b[whole:]
	}
	return n + countLastBytes(b)
}

// unpackBlocks reads varints of b into to, as many as it likes to, and returns
// how many bytes it has read, or -1 if there is one that cannot be read, and
// how many numbers.
func unpackBlocks[T Integer](to []T, b []byte) (read, numbers int) {
	if !gathers || len(b) < 80 {
		return 0, 0
	}
	// Safety: b has len(b) bytes, which are only read, and to has room for
	// len(to) numbers of that size without pointers. What is stored for a
	// number of 4 bytes is 8 bytes wide, of which 4 belong to the next number;
	// unpack keeps a place free behind the last one.
	return unpack(unsafe.Pointer(unsafe.SliceData(to)), len(to), int(unsafe.Sizeof(to[0])), unsafe.SliceData(b), len(b))
}

// pack puts the numbers of v[:n], the last one first, so that they end before
// b[i], as long as there are 16 bytes before. It returns where they begin and
// how many are left.
//
//go:noescape
func pack(b *byte, i int, v *uint64, n int) (at, left int)

// packBlocks puts the last numbers of v, as many as it likes to, and returns
// where they begin and how many are left.
func packBlocks[T Integer](b []byte, i int, v []T) (at, left int) {
	if !gathers || len(v) < 8 || i > len(b) || unsafe.Sizeof(v[0]) != 8 {
		return i, len(v)
	}
	// Safety: v has len(v) numbers of eight bytes, which are only read, and
	// what pack writes lies in b[:i].
	return pack(unsafe.SliceData(b), i, (*uint64)(unsafe.Pointer(unsafe.SliceData(v))), len(v))
}
