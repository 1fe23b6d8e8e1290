//go:build !amd64

package protobuf

// isASCII reports whether all bytes of s, 32 at least, are below 0x80, 64 at a
// time.
func isASCII(s []byte) bool {
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
