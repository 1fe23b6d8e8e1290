package multiplex

import "time"

// A connection over which so many calls in a row have run out of time, in no
// less than so long since the first of them did, without a byte from the peer
// since they began, is taken for dead: it gets no more calls. Those that it has
// go on, in case it wakes. That is how clients get rid of connections that
// whoever is in between has forgotten, for which nobody is told anything and
// the kernel waits a quarter of an hour; TTHeader has no ping to ask with.
const (
	silentCalls = 3
	silentFor   = time.Second
)

// A silence is what is known of when the peer was heard. Guarded by Conn.mu.
type silence struct {
	heard uint64    // how often something has come
	calls int       // in a row that ran out of time while nothing came
	since time.Time // when the first of them did
}

// end notes that something has come.
func (s *silence) end() {
	s.heard++
	s.calls = 0
}

// silent notes that w has run out of time, and reports whether the connection is
// to be taken for dead. The caller holds mu.
func (c *Conn) silent(w *Waiter, now time.Time) bool {
	s := &c.silence
	if w.heard != s.heard {
		return false
	}
	if s.calls == 0 {
		s.since = now
	}
	s.calls++
	return s.calls >= silentCalls && now.Sub(s.since) >= silentFor
}
