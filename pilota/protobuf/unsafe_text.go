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

// PutText puts a string that has to be UTF-8 and its length, or returns a
// negative number if it is not.
func PutText(b []byte, i int, s string) int {
	// Safety: the bytes are only read, and not beyond the call.
	from := unsafe.Slice(unsafe.StringData(s), len(s))
	i -= len(s)
	to := b[i:]
	seen := uint64(0)
	switch n := len(from); {
	case n > 64:
		if !isASCII(from) {
			seen = high
		}
		copy(to, from)
	case n >= 8:
		to = to[:n]
		last := le64(from[n-8:])
		seen = last
		for k := 0; k+8 < n; k += 8 {
			w := le64(from[k:])
			seen |= w
			binary.LittleEndian.PutUint64(to[k:], w)
		}
		binary.LittleEndian.PutUint64(to[n-8:], last)
	case n >= 4:
		first, last := binary.LittleEndian.Uint32(from), binary.LittleEndian.Uint32(from[n-4:])
		seen = uint64(first | last)
		binary.LittleEndian.PutUint32(to, first)
		binary.LittleEndian.PutUint32(to[n-4:], last)
	default:
		for k, c := range from {
			seen |= uint64(c)
			to[k] = c
		}
	}
	if seen&high != 0 && !utf8.Valid(from) {
		return -1
	}
	return PutVarint(b, i, uint64(len(s)))
}

// isUTF8 reports whether s is UTF-8.
func isUTF8(s []byte) bool { return isASCII(s) || utf8.Valid(s) }

// isASCII reports whether all bytes of s are below 0x80, 64 at a time.
func isASCII(s []byte) bool {
	if len(s) < 8 {
		var w byte
		for _, c := range s {
			w |= c
		}
		return w < 0x80
	}
	last := le64(s[len(s)-8:]) // what the loops leave over, and more
	for len(s) >= 64 {
		w := (*[64]byte)(s)
		a := le64(w[0:8]) | le64(w[8:16]) | le64(w[16:24]) | le64(w[24:32])
		b := le64(w[32:40]) | le64(w[40:48]) | le64(w[48:56]) | le64(w[56:64])
		if (a|b)&high != 0 {
			return false
		}
		s = s[64:]
	}
	for len(s) > 8 {
		last |= le64(s)
		s = s[8:]
	}
	return last&high == 0
}

func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
