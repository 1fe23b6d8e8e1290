//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package transport_test

// raiseFileLimit has nothing to raise.
func raiseFileLimit() int { return 1 << 30 }
