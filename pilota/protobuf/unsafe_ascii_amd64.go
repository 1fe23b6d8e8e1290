package protobuf

import "unsafe"

// Text is copied and looked at 16 bytes at a time, as every amd64 can, or 32
// where AVX2 is there.

// wide says that AVX2 is there.
var wide = hasAVX2()

// widest says that AVX-512 is there as well.
var widest = wide && hasAVX512()

func hasAVX2() bool

func hasAVX512() bool

// ascii reports whether all of the n bytes at s are below 0x80; n is 16 at
// least.
//
//go:noescape
func ascii(s *byte, n int) bool

// asciiWide is ascii with AVX2; n is 32 at least.
//
//go:noescape
func asciiWide(s *byte, n int) bool

// copyText copies n bytes, 16 at least, from s to to, which do not overlap, and
// reports whether all are below 0x80.
//
//go:noescape
func copyText(to, s *byte, n int) bool

// copyTextWide is copyText with AVX2; n is 32 at least.
//
//go:noescape
func copyTextWide(to, s *byte, n int) bool

// copyTextWidest is copyText with AVX-512; n is 64 at least.
//
//go:noescape
func copyTextWidest(to, s *byte, n int) bool

// copyASCII is the widest of the three that is there and worth its while; n is
// 64 at least.
//
//go:noescape
func copyASCII(to, s *byte, n int) bool

// isASCII reports whether all bytes of s, 32 at least, are below 0x80.
func isASCII(s []byte) bool {
	// Safety: s has as many bytes as the functions want, and they only read
	// them.
	if wide {
		return asciiWide(unsafe.SliceData(s), len(s))
	}
	return ascii(unsafe.SliceData(s), len(s))
}
