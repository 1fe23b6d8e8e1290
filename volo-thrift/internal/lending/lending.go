// Package lending decides how a connection on which calls follow one another
// comes by the one piece of memory that the strings of a message share: whether
// the next message is read right into that, in place of being copied there.
package lending

const (
	// To copy less than Min bytes costs nothing, and more than Max are not set
	// aside for a peer that has sent as much once.
	Min, Max = 512, 32 << 10
	// restAfterMiss is how many messages are copied after one that was not as
	// long as expected, or had no strings: the memory was for nothing.
	restAfterMiss = 32
)

// A Lending expects the next message to be about as long as the one before. The
// zero value has seen none. It belongs to whoever reads from the connection.
type Lending struct {
	expect, rest int
}

// Expect returns the size of the memory into which the next message is to be
// read, 0 for none.
func (l *Lending) Expect() int { return l.expect }

// Fits reports whether a message of size bytes may keep that memory. Where most
// of it would be empty, a copy is better.
func (l *Lending) Fits(size int) bool { return l.expect > 0 && size > l.expect/2 }

// Learn is told of every message: its size in bytes, whether it has kept the
// memory in which it came, and whether its strings share memory.
func (l *Lending) Learn(size int, kept, shared bool) {
	missed := l.expect > 0 && !(kept && shared)
	l.expect = 0
	switch {
	case missed:
		l.rest = restAfterMiss
	case l.rest > 0:
		l.rest--
	case shared && size >= Min && size <= Max:
		l.expect = size
	}
}

// Stop expects nothing until Learn is called again.
func (l *Lending) Stop() { l.expect = 0 }
