package transport

import (
	"strings"
	"unsafe"
)

// garbage returns n bytes or a few more, with arbitrary contents: to clear what
// the kernel is about to fill would cost as much as the copy that it spares.
//
// Safe: the memory is a strings.Builder's, from the pointer of the string that it
// has made up to its capacity, and nobody else knows the builder or its string.
func garbage(n int) []byte {
	var b strings.Builder
	b.Grow(n)
	b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), b.Cap())
}
