package http2

import (
	"sync/atomic"
	"time"
)

// This file counts what passes over a connection, for who inspects it. Counting
// takes no lock that is not held anyway; times are those of batches of frames,
// so that no frame needs a clock of its own.

// Facts are what has passed over a connection, and what may. The counts go on
// after the connection has ended.
type Facts struct {
	Born    time.Time
	Open    int   // streams
	Started int64 // streams, ever
	// Ended are the streams whose response was complete, Well those of them with
	// status OK, which only clients know.
	Ended, Well    int64
	Sent, Received int64 // messages
	Pings          int64 // to find out whether the peer is alive

	LastStream, LastSent, LastReceived time.Time // of streams and messages; zero for never

	// What we may still send on all streams together, and what the peer may; 0
	// after the end.
	SendWindow, ReceiveWindow int64
}

// A meter is what the facts of a connection are made of.
type meter struct {
	got  int64 // messages of this batch; of the reader's goroutine
	well int64 // guarded by conn.mu

	// Of whoever writes.
	sentBefore, startedBefore int64

	started, sent, received            atomic.Int64
	lastStream, lastSent, lastReceived atomic.Int64 // nanoseconds since 1970; 0 for never
	room                               atomic.Int64 // conn.room
}

// An ending is how the stream of a client has left the table.
type ending uint8

const (
	cutShort ending = iota // reset, lost or given up
	complete               // the response is here
	wellDone               // and its status is OK
)

// Facts returns the facts so far.
func (c *conn) Facts() Facts {
	m := &c.meter
	f := Facts{
		Born: c.keeper.born, Pings: c.keeper.count(),
		Sent: m.sent.Load(), Received: m.received.Load(),
		LastStream: timeOf(&m.lastStream), LastSent: timeOf(&m.lastSent), LastReceived: timeOf(&m.lastReceived),
	}
	c.mu.Lock()
	f.Open, f.Started, f.Ended, f.Well = len(c.streams), m.started.Load(), c.orderly, m.well
	c.mu.Unlock()
	if b, err := c.w.BeginNow(); err == nil {
		f.SendWindow, f.ReceiveWindow = c.window, m.room.Load()
		c.w.EndAsync(b)
	}
	return f
}

func timeOf(t *atomic.Int64) time.Time {
	if ns := t.Load(); ns != 0 {
		return time.Unix(0, ns)
	}
	return time.Time{}
}

// note makes known what a batch of frames has brought. It runs on the reader's
// goroutine.
func (c *conn) note() {
	m := &c.meter
	if m.got > 0 {
		if c.clock.IsZero() {
			c.clock = time.Now()
		}
		m.received.Add(m.got)
		m.lastReceived.Store(c.clock.UnixNano())
		m.got = 0
	}
	c.grant()
	if m.room.Load() != c.room {
		m.room.Store(c.room)
	}
}

// wrote notes when what it is about to write has left.
func (m *meter) wrote(client bool) {
	sent, started := m.sent.Load(), m.started.Load()
	if sent == m.sentBefore && started == m.startedBefore {
		return
	}
	now := time.Now().UnixNano()
	if sent != m.sentBefore {
		m.lastSent.Store(now)
	}
	if client && started != m.startedBefore { // a server has looked at its clock already
		m.lastStream.Store(now)
	}
	m.sentBefore, m.startedBefore = sent, started
}

// asks notes a ping that somebody else has sent for the same reason.
func (k *keeper) asks() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.pings++
}

// count counts the pings.
func (k *keeper) count() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.pings
}

// ending returns how s leaves the table if it does now.
func (s *ClientStream) ending() ending {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.ended:
		return cutShort
	case s.tail.Status != "0":
		return complete
	}
	return wellDone
}
