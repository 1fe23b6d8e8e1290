package protobuf

import (
	"bytes"
	"testing"
)

// What is not ASCII is found at every place of every length, with the bytes
// beside left alone.
func TestASCII(t *testing.T) {
	t.Logf("AVX2: %t, AVX-512: %t", wide, widest)
	detected := [2]bool{wide, widest}
	defer func() { wide, widest = detected[0], detected[1] }()
	for _, has := range [][2]bool{{}, {detected[0]}, detected} {
		wide, widest = has[0], has[1]
		for n := range 400 {
			for at := -1; at < n; at++ {
				frame := bytes.Repeat([]byte{0xfe}, n+2)
				s := frame[1 : n+1]
				for i := range s {
					s[i] = byte('a' + i%26)
				}
				if at >= 0 {
					s[at] |= 0x80
				}
				if got := isUTF8(s); got != (at < 0) {
					t.Fatalf("%d bytes, high at %d: got %t", n, at, got)
				}
				if n < 32 {
					continue
				}
				if got := isASCII(s); got != (at < 0) {
					t.Fatalf("%d bytes, high at %d: got %t", n, at, got)
				}
				if n < 64 {
					continue
				}
				to := bytes.Repeat([]byte{0xfd}, n+2)
				got := copyASCII(&to[1], &s[0], n)
				if got != (at < 0) || !bytes.Equal(to[1:n+1], s) || to[0] != 0xfd || to[n+1] != 0xfd {
					t.Fatalf("%d bytes, high at %d: got %t, copy\n%q, want\n%q", n, at, got, to, s)
				}
			}
		}
	}
}

// The same for texts that the loops go around several times for, at every place
// in a line of the cache.
func TestLongASCIIIsCopied(t *testing.T) {
	detected := [2]bool{wide, widest}
	defer func() { wide, widest = detected[0], detected[1] }()
	const longest = 1200
	s := make([]byte, longest)
	to := make([]byte, 64+longest+1)
	for _, has := range [][2]bool{{}, {detected[0]}, detected} {
		wide, widest = has[0], has[1]
		for n := 300; n <= longest; n += 7 {
			for i := range s[:n] {
				s[i] = byte('a' + (i+n)%26)
			}
			shift := n % 64
			for at := -1; at < n; at += 1 + n%97 {
				if at >= 0 {
					s[at] |= 0x80
				}
				clear(to)
				got := copyASCII(&to[shift], &s[0], n)
				if got != (at < 0) || !bytes.Equal(to[shift:shift+n], s[:n]) || shift > 0 && to[shift-1] != 0 || to[shift+n] != 0 {
					t.Fatalf("%d bytes to %d, high at %d: got %t", n, shift, at, got)
				}
				if at >= 0 {
					s[at] &= 0x7f
				}
			}
		}
	}
}
