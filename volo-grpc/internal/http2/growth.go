package http2

import "time"

// This file lets windows grow for big transfers over long paths. A window that
// is smaller than what is on its way at full speed makes the sender pause for a
// round trip again and again; one that is larger than that only fills memory.
//
// So what is on its way is measured, and only when it matters. Once a lot has
// come, a ping is sent; when it is answered, another one; and what comes between
// the two answers is what a round trip holds. If that is most of a window, and
// more than ever came in as short a time, windows get twice as large:
//
//	      ┌────────┐ sparse bytes ┌───────┐ answer ┌───────────┐ answer
//	─────►│ silent │ ───────────► │ first │ ─────► │ measuring │ ──────┐
//	      └────────┘              └───────┘        └───────────┘       │
//	          ▲ windows grow, or sparse doubles                        │
//	          └────────────────────────────────────────────────────────┘
//
// Streams get their larger windows one by one, when their users have received
// what a peer is granted again: those whose users are slow stay with what they
// had. What all streams have beyond the configured window is bounded.

const (
	// maxWindow bounds the window of a stream. The connection's is twice as
	// large.
	maxWindow = 16 << 20
	// maxGrowth bounds what the windows of all streams of a connection have
	// grown by, in bytes.
	maxGrowth = 64 << 20
	// longPath is the shortest round trip for which windows grow: with less, the
	// default lets more through than a network does, and what is measured is
	// mostly how long the bytes wait for us.
	longPath = 2 * time.Millisecond
	// mostSparse bounds how many bytes come between two pings.
	mostSparse = 256 << 20
)

// A gauge measures what a round trip holds. It belongs to the reader's
// goroutine.
type gauge struct {
	sparse int64     // bytes after which to measure next; 0 before the first
	bytes  int64     // received since the last change of state
	first  bool      // the first ping is on its way
	begun  time.Time // when it was answered; zero before that
	best   float64   // bytes a second, the most there has been
}

// came counts n bytes of DATA.
func (c *conn) came(n int) {
	g := &c.gauge
	g.bytes += int64(n)
	if g.sparse == 0 {
		g.sparse = int64(c.cfg.StreamWindow) / 2
	}
	if g.first || !g.begun.IsZero() || g.bytes < g.sparse || c.target() >= maxWindow {
		return
	}
	g.first = true
	c.sendPing(pingGauge)
}

// gauged is called when a ping of that is answered.
func (c *conn) gauged() {
	g := &c.gauge
	switch {
	case g.first:
		g.first, g.begun, g.bytes = false, time.Now(), 0
		c.sendPing(pingGauge)
	case !g.begun.IsZero():
		trip := time.Since(g.begun)
		rate := float64(g.bytes) / max(trip, time.Microsecond).Seconds()
		long, full, faster := trip >= longPath, g.bytes >= c.target()*2/3, rate > g.best*1.1
		g.best = max(g.best, rate)
		if long && full && faster {
			c.wanted.Store(min(2*c.target(), maxWindow))
			g.sparse = 0
		} else {
			g.sparse = min(2*g.sparse, mostSparse)
		}
		g.begun, g.bytes = time.Time{}, 0
	}
}

// target is how large the window of a stream should be.
func (c *conn) target() int64 { return max(int64(c.cfg.StreamWindow), c.wanted.Load()) }

// grow returns by how much the window of s grows.
func (c *conn) grow(s *stream) (n int64) {
	if c.wanted.Load() == 0 {
		return 0
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n = c.target() - int64(c.cfg.StreamWindow) - int64(s.grown)
	if n <= 0 || s.gone.Load() || c.grown+int(n) > maxGrowth {
		return 0
	}
	c.grown += int(n)
	s.grown += int(n)
	s.shares.Store(true) // has something to give back
	return n
}
