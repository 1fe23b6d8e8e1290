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
// negative number if it is not. The short ones are copied here, in words that
// overlap.
func PutText(b []byte, i int, s string) int {
	// Safety: the bytes are only read, and not beyond the call.
	from := unsafe.Slice(unsafe.StringData(s), len(s))
	i -= len(s)
	to := b[i:]
	good := true
	switch n := len(from); {
	case n > 64:
		good = copyASCII(to, from)
	case n > 32:
		head, tail := (*[32]byte)(from), (*[32]byte)(from[n-32:])
		to = to[:n]
		headTo, tailTo := (*[32]byte)(to), (*[32]byte)(to[n-32:])
		seen := uint64(0)
		for k := 0; k < 32; k += 8 {
			a, z := le64(head[k:k+8]), le64(tail[k:k+8])
			seen |= a | z
			binary.LittleEndian.PutUint64(headTo[k:k+8], a)
			binary.LittleEndian.PutUint64(tailTo[k:k+8], z)
		}
		good = seen&high == 0
	case n >= 16:
		a, b, c, d := le64(from), le64(from[8:]), le64(from[n-16:]), le64(from[n-8:])
		to = to[:n]
		binary.LittleEndian.PutUint64(to, a)
		binary.LittleEndian.PutUint64(to[8:], b)
		binary.LittleEndian.PutUint64(to[n-16:], c)
		binary.LittleEndian.PutUint64(to[n-8:], d)
		good = (a|b|c|d)&high == 0
	case n >= 8:
		first, last := le64(from), le64(from[n-8:])
		to = to[:n]
		binary.LittleEndian.PutUint64(to, first)
		binary.LittleEndian.PutUint64(to[n-8:], last)
		good = (first|last)&high == 0
	case n >= 4:
		first, last := binary.LittleEndian.Uint32(from), binary.LittleEndian.Uint32(from[n-4:])
		to = to[:n]
		binary.LittleEndian.PutUint32(to, first)
		binary.LittleEndian.PutUint32(to[n-4:], last)
		good = uint64(first|last)&high == 0
	default:
		var w byte
		for k, c := range from {
			w |= c
			to[k] = c
		}
		good = w < 0x80
	}
	if !good && !utf8.Valid(from) {
		return -1
	}
	return PutVarint(b, i, uint64(len(s)))
}

// isUTF8 reports whether s is UTF-8.
func isUTF8(s []byte) bool { return isASCII(s) || utf8.Valid(s) }

// isShortASCII reports whether all of fewer than 16 bytes are below 0x80.
func isShortASCII(s []byte) bool {
	switch n := len(s); {
	case n >= 8:
		return (le64(s)|le64(s[n-8:]))&high == 0
	case n >= 4:
		return uint64(binary.LittleEndian.Uint32(s)|binary.LittleEndian.Uint32(s[n-4:]))&high == 0
	}
	var w byte
	for _, c := range s {
		w |= c
	}
	return w < 0x80
}

func le64(b []byte) uint64 { return binary.LittleEndian.Uint64(b) }
