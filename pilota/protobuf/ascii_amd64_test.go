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
