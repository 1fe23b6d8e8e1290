package protobuf

import (
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// Strings that have to be UTF-8. Nearly all are ASCII, and most are short:
// their bytes are looked at while they are copied, a word at a time.

// high has the bits that no byte of ASCII has.
const high = 0x8080808080808080

// WriteText writes the length of a string that has to be UTF-8, and the string,
// so that they begin at b[i], and returns where they end, or a negative number
// if it is not. The short ones are copied here, in words that overlap.
func WriteText(b []byte, i int, s string) int {
	n := len(s)
	if n > 64 {
		return writeLongText(b, i, s)
	}
	end := i + 1 + n
	room := b[i:end]
	room[0] = byte(n)
	// Safety: from has n bytes, which are only read and not beyond the call,
	// and to has n bytes behind the length. What is read and written lies within
	// these n bytes: words at the front and words at the end.
	from, to := unsafe.Pointer(unsafe.StringData(s)), unsafe.Pointer(unsafe.SliceData(room))
	var seen uint64
	switch {
	case n > 32:
		seen = move16(to, from, 0) | move16(to, from, 16) | move16(to, from, n-32) | move16(to, from, n-16)
	case n >= 16:
		seen = move16(to, from, 0) | move16(to, from, n-16)
	case n >= 8:
		seen = move8(to, from, 0) | move8(to, from, n-8)
	case n >= 4:
		seen = move4(to, from, 0) | move4(to, from, n-4)
	case n > 0:
		first, middle, last := s[0], s[n/2], s[n-1]
		room[1], room[1+n/2], room[n] = first, middle, last
		seen = uint64(first | middle | last)
	}
	if seen&high != 0 && !utf8.ValidString(s) {
		return -1
	}
	return end
}

// move16 copies 16 bytes of a string, those that begin at from+at, to where they
// belong behind the length, which is at to, and returns the bits that are in
// them.
func move16(to, from unsafe.Pointer, at int) uint64 {
	return move8(to, from, at) | move8(to, from, at+8)
}

// move8 is move16 with 8 bytes.
func move8(to, from unsafe.Pointer, at int) uint64 {
	// Safety: the caller says that these bytes are there; they are taken for
	// arrays, which may lie anywhere.
	w := le64((*[8]byte)(unsafe.Add(from, at))[:])
	binary.LittleEndian.PutUint64((*[8]byte)(unsafe.Add(to, 1+at))[:], w)
	return w
}

// move4 is move16 with 4 bytes.
func move4(to, from unsafe.Pointer, at int) uint64 {
	// Safety: as in move8.
	w := binary.LittleEndian.Uint32((*[4]byte)(unsafe.Add(from, at))[:])
	binary.LittleEndian.PutUint32((*[4]byte)(unsafe.Add(to, 1+at))[:], w)
	return uint64(w)
}

// maxASCII is how many bytes are copied and looked at together. Of more, copy
// knows better ways.
const maxASCII = 4096

// writeLongText is WriteText for more than 64 bytes.
func writeLongText(b []byte, i int, s string) int {
	n := len(s)
	if n > maxASCII {
		return writeHugeText(b, i, s)
	}
	last := n
	if n >= 0x80 {
		b[i] = byte(n) | 0x80
		i++
		last = n >> 7
	}
	end := i + 1 + n
	room := b[i:end]
	room[0] = byte(last)
	// Safety: to has n bytes as well, and a message's text is never a part of
	// the buffer that the message is written to.
	if copyASCII(&room[1], unsafe.StringData(s), n) || utf8.ValidString(s) {
		return end
	}
	return -1
}

// writeHugeText is WriteText for more than copyASCII is for.
func writeHugeText(b []byte, i int, s string) int {
	i = WriteVarint(b, i, uint64(len(s)))
	if !isUTF8(unsafe.Slice(unsafe.StringData(s), len(s))) {
		return -1
	}
	return i + copy(b[i:], s)
}

// isUTF8 reports whether s is UTF-8.
func isUTF8(s []byte) bool {
	var seen uint64
	switch n := len(s); {
	case n > 32:
		return isASCII(s) || utf8.Valid(s)
	case n >= 16:
		head, tail := (*[16]byte)(s), (*[16]byte)(s[n-16:])
		seen = le64(head[:8]) | le64(head[8:]) | le64(tail[:8]) | le64(tail[8:])
	case n >= 8:
		seen = le64(s) | le64(s[n-8:])
	case n >= 4:
		seen = uint64(binary.LittleEndian.Uint32(s) | binary.LittleEndian.Uint32(s[n-4:]))
	default:
		for _, c := range s {
			seen |= uint64(c)
		}
	}
	return seen&high == 0 || utf8.Valid(s)
}

func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
