package http2

import (
	"sync"
	"sync/atomic"
	"time"
)

// This file finds connections that the peer, or whoever is in between, has
// forgotten: nobody is told anything, and the kernel waits a quarter of an hour.
// When a call was given up and nothing at all is heard, the peer is asked with a
// PING, whatever [Keepalive] says:
//
//	    a call is     a moment              a second              Timeout
//	┌──────┐ given up ┌───────┐ of silence ┌───────┐ of silence ┌─────────┐ of silence ┌────────┐
//	│ well │ ───────► │ doubt │ ─────────► │ asked │ ─────────► │ retired │ ─────────► │ closed │
//	└──────┘          └───────┘    PING    └───────┘            └─────────┘            └────────┘
//	    ▲      any byte   │                    │                     │
//	    └─────────────────┴────────────────────┴─────────────────────┘
//
// A connection that was retired gets no more calls, for good; those that it has go
// on, in case the peer wakes. Only a call without a deadline waits for the last
// step.
//
// Servers send clients away that ping too often: mostly the third ping counts
// that comes within two hours of the one before, or five minutes while a call
// runs, unless they have sent HEADERS or DATA in between (gRFC A8 and A9). So a
// server that answers pings and no calls is not asked again before it has
// answered one, or those two hours are over.

const (
	moment   = 250 * time.Millisecond
	patience = time.Second
	seldom   = 2*time.Hour + time.Minute // between pings without an answer to a call
)

// A silence is what a client knows of a peer that it does not hear.
type silence struct {
	barren atomic.Bool // no answer to a call, or part of one, has come since asked
	alert  atomic.Bool // calls that are given up say nothing new; written under mu

	mu    sync.Mutex
	timer *time.Timer // nil until first needed
	heard int64       // conn.heard when it began
	doubt bool        // and the peer was not yet asked
	asked time.Time   // last; zero for never
}

// unanswered is told that a call was given up.
func (c *Client) unanswered() {
	s := &c.silence
	if s.alert.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	heard := c.heard.Load()
	if heard == 0 || s.alert.Swap(true) {
		return // who has not introduced himself has Config.Handshake for it
	}
	s.heard, s.doubt = heard, true
	if s.timer == nil {
		s.timer = time.AfterFunc(moment, c.listen)
		return
	}
	s.timer.Reset(moment)
}

// listen goes a step further if there is silence still.
func (c *Client) listen() {
	s := &c.silence
	s.mu.Lock()
	defer s.mu.Unlock()
	now, timeout := time.Now(), c.cfg.Keepalive.Timeout
	switch rest := timeout - now.Sub(s.asked); {
	case s.timer == nil: // the connection is over
	case c.heard.Load() != s.heard, s.doubt && s.barren.Load() && now.Sub(s.asked) < seldom:
		s.alert.Store(false)
	case s.doubt:
		s.doubt, s.asked = false, now
		s.barren.Store(true)
		c.keeper.asks()
		c.sendPing(pingAlive)
		s.timer.Reset(min(patience, timeout))
	case rest > 0:
		c.Retire()
		s.timer.Reset(rest)
	default:
		c.closeWith(&ConnError{Err: errKeepalive})
	}
}

// spoke is told that something of an answer has come.
func (s *silence) spoke() {
	if s.barren.Load() {
		s.barren.Store(false)
	}
}

// end is told that the connection is over.
func (s *silence) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alert.Store(true)
	if s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}
