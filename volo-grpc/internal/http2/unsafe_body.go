package http2

import (
	"strings"
	"unsafe"
)

// unclear returns an empty slice with a capacity of at least n, of memory that
// was not cleared: of a large message that would be a tenth of what receiving
// it costs. What is beyond the length must not be shown to anybody.
func unclear(n int) []byte {
	if n == 0 {
		return []byte{}
	}
	var b strings.Builder
	b.Grow(n)
	b.WriteByte(0) // the data of an empty string is unspecified
	// Safe because the pointer is to the beginning of the builder's memory, Cap
	// bytes of one allocation; and because the string that begins there too, and
	// must never change, ends here with the builder.
	return unsafe.Slice(unsafe.StringData(b.String()), b.Cap())[:0]
}
