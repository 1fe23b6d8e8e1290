//go:build !amd64

package protobuf

import "unsafe"

// copyASCII copies n bytes, 64 at least, from s to to and reports whether all
// are below 0x80.
func copyASCII(to, s *byte, n int) bool {
	// Safety: the caller says that both have n bytes, which are used within
	// the call only.
	from := unsafe.Slice(s, n)
	copy(unsafe.Slice(to, n), from)
	return isASCII(from)
}
