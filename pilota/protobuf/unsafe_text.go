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
		if !copyText64(to, s) {
			return -1
		}
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

// WriteText writes the length of a string that has to be UTF-8, and the string,
// so that they begin at b[i], and returns where they end, or a negative number
// if it is not.
func WriteText(b []byte, i int, s string) int {
	n := len(s)
	if n <= 64 {
		if PutText(b, i+1+n, s) < 0 {
			return -1
		}
		return i + 1 + n
	}
	for ; n >= 0x80; n >>= 7 {
		b[i] = byte(n) | 0x80
		i++
	}
	b[i] = byte(n)
	i++
	end := i + len(s)
	// Safety: as in copyText64, which this is, written out.
	if len(s) <= maxASCII && copyASCII(&b[i:end][0], unsafe.StringData(s), len(s)) {
		return end
	}
	if !copyText64(b[i:], s) {
		return -1
	}
	return end
}

// maxASCII is how many bytes are copied and looked at together. Of more, copy
// knows better ways.
const maxASCII = 4096

// copyText64 copies s, of more than 64 bytes, to the front of to and reports
// whether it is UTF-8.
func copyText64(to []byte, s string) bool {
	to = to[:len(s)]
	// Safety: to has len(s) bytes as well, and a message's text is never a part
	// of the buffer that the message is written to.
	if len(s) <= maxASCII && copyASCII(&to[0], unsafe.StringData(s), len(s)) {
		return true
	}
	copy(to, s)
	return isUTF8(to)
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
