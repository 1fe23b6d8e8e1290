package volothrift

import "github.com/volo-go/volo/motore/transport"

// A lending is how a connection whose calls run in order comes by the one piece
// of memory that the strings of a request share: it is read into that, in place
// of being copied there, if it is about as long as the one before. It belongs to
// the goroutine that calls Data.
type lending struct {
	expect int // bytes of the next request; 0 for a copy
	rest   int // requests that are copied because one was not as expected
}

const (
	// To copy less than minLent costs nothing, and more than maxLent is not
	// set aside for a peer that has sent as much once.
	minLent, maxLent = 512, 32 << 10
	// restAfterMiss is how many requests are copied after one that was not as
	// long as expected, or had no strings: the memory was for nothing.
	restAfterMiss = 32
)

// Keeps implements [transport.Keeper].
func (c *serverConn) Keeps() int { return c.lending.expect }

// take has a request of size bytes own the memory in which it came, if it can,
// and reports whether it does. Where most of that would be empty, a copy is
// better.
func (l *lending) take(conn *transport.Conn, size int) bool {
	if l.expect == 0 || !conn.Keepable() || size <= l.expect/2 {
		return false
	}
	conn.Keep()
	return true
}

// learn is told of every request, when its call is over.
func (l *lending) learn(in *incoming) {
	missed := l.expect > 0 && !(in.owned && in.shared)
	l.expect = 0
	switch {
	case missed:
		l.rest = restAfterMiss
	case l.rest > 0:
		l.rest--
	case in.shared && in.size >= minLent && in.size <= maxLent:
		l.expect = in.size
	}
}
