package multiplex

import "time"

// A connection over which so many calls in a row have run out of time, without a
// byte from the peer since they began nor so long after the first of them did, is
// taken for dead: it gets no more calls. Those that it has go on, in case it
// wakes. It need not get more calls for that: balancers keep them away from an
// instance that does not answer. That is how clients get rid of connections that
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

// count notes that w has run out of time. The caller holds mu.
func (s *silence) count(w *Waiter, now time.Time) {
	if w.heard != s.heard {
		return
	}
	if s.calls == 0 {
		s.since = now
	}
	s.calls++
}

// deadAt returns when the connection is to be taken for dead unless something
// comes, zero for never.
func (s *silence) deadAt() time.Time {
	if s.calls < silentCalls {
		return time.Time{}
	}
	return s.since.Add(silentFor)
}
