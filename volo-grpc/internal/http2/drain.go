package http2

import (
	"math"
	"time"
)

// This file ends a server's connection in order (RFC 9113, section 6.8):
//
//	serving ── drain ──► asked ── the peer has seen it ──► away ── no stream ──► closed
//	           GOAWAY 2³¹-1        (its answer to a ping,   GOAWAY with the
//	                                or a second later)      newest stream

// A farewell is the state of that. It is guarded by conn.mu.
type farewell struct {
	asked bool
	timer *time.Timer // until away, or closed, whatever the peer does
}

// seen is how long a peer has to show that it has seen the first GOAWAY.
const seen = time.Second

// stop stops the timer.
func (f *farewell) stop() {
	if f.timer != nil {
		f.timer.Stop()
	}
}

func (c *conn) drain() {
	c.mu.Lock()
	if c.farewell.asked || c.err != nil {
		c.mu.Unlock()
		return
	}
	c.farewell.asked = true
	c.farewell.timer = time.AfterFunc(seen, c.depart)
	c.mu.Unlock()
	// What the peer sends until it has seen this is still served.
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(appendGoAway(b, math.MaxInt32, NoError, "graceful_stop"))
	}
	c.sendPing(pingGoAway)
}

// depart is the second step.
func (c *conn) depart() {
	b, err := c.w.BeginNow()
	if err != nil {
		return
	}
	c.mu.Lock()
	first := !c.away
	c.away = true
	newest, idle := c.begun, c.over()
	if first {
		c.farewell.stop()
	}
	c.mu.Unlock()
	if first {
		b = appendGoAway(b, newest, NoError, "graceful_stop")
	}
	c.w.EndAsync(b)
	if idle {
		c.part()
	}
}
