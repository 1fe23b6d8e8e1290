package http2

import (
	"math"
)

// This file is the table of open streams, and the waiting room of a client
// whose peer allows no more. All of it is guarded by conn.mu.

// seat puts s on the table. It runs under conn.mu, while the connection lives.
func (c *conn) seat(s *stream) {
	if c.streams == nil {
		c.streams = make(map[uint32]*stream)
	}
	c.streams[s.id] = s
	if !s.until.IsZero() {
		c.wake(s.until)
	}
	c.open.Add(1)
	c.meter.started.Add(1)
}

// lookup returns an open stream, nil if there is none. It is the reader's:
// the frames of a call mostly come one after the other.
func (c *conn) lookup(id uint32) *stream {
	if s := c.hot; s != nil && s.id == id && !s.gone.Load() {
		return s
	}
	c.mu.Lock()
	c.hot = c.streams[id]
	c.mu.Unlock()
	return c.hot
}

// take removes a stream from the table; nil if it was not there.
func (c *conn) take(id uint32) *stream {
	c.mu.Lock()
	s := c.streams[id]
	c.mu.Unlock()
	if s == nil {
		return nil
	}
	how := cutShort
	if s.client != nil {
		how = s.client.ending() // the rest of the request may be all that is given up
	}
	if !c.remove(s, how) {
		return nil
	}
	return s
}

// remove takes s off the table and does what is due then. It reports whether
// s was there.
func (c *conn) remove(s *stream, how ending) bool {
	c.mu.Lock()
	was := c.drop(s)
	if was && how >= complete {
		c.orderly++
	}
	if was && how == wellDone {
		c.meter.well++
	}
	over := c.over()
	c.mu.Unlock()
	if was {
		c.settle(s)
	}
	if over {
		c.part()
	}
	return was
}

// drop takes s off the table. It runs under conn.mu; settle must follow, when
// the writer's lock is not held.
func (c *conn) drop(s *stream) bool {
	if s.id == 0 || c.streams[s.id] != s {
		return false
	}
	delete(c.streams, s.id)
	s.gone.Store(true)
	c.open.Add(-1)
	c.invite()
	return true
}

// settle gives back what a stream had of the connection's means.
func (c *conn) settle(s *stream) {
	c.held.Add(-s.let())
	if s.shares.Load() {
		c.repayAll(s)
	}
}

// over reports, under conn.mu, that the connection has nothing left to do.
func (c *conn) over() bool { return c.away && len(c.streams) == 0 && c.queue.Len() == 0 }

// A turn is a caller's that waits for a place.
type turn struct {
	ready   chan struct{} // gets a token when invited
	invited bool
}

// enroll gives a stream its id and its place, or else a turn to wait for. It
// runs under the writer's lock, so that ids are in the order of the wire. mine
// is the turn that the caller has waited for, nil at first.
func (c *conn) enroll(s *stream, mine *turn) (_ *turn, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if mine != nil {
		c.invited--
	}
	if c.err != nil {
		return nil, c.err
	}
	if c.nextID > math.MaxInt32 {
		c.away = true
		c.invite()
	}
	if c.away {
		return nil, ErrGoingAway
	}
	full := uint32(len(c.streams))+c.invited >= c.limit
	if full || mine == nil && c.queue.Len() > 0 {
		t := &turn{ready: make(chan struct{}, 1)}
		if mine != nil {
			c.queue.PushFront(t) // the limit was lowered meanwhile
		} else {
			c.queue.PushBack(t)
		}
		return t, nil
	}
	s.id = c.nextID
	c.nextID += 2
	s.window = c.initial
	c.seat(s)
	return nil, nil
}

// wait waits for a turn.
func (c *conn) wait(t *turn, until Bound) error {
	err := c.await(t.ready, until)
	if err == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.invited {
		c.invited--
		c.invite() // the next one instead
		return err
	}
	for e := c.queue.Front(); e != nil; e = e.Next() {
		if e.Value == t {
			c.queue.Remove(e)
			break
		}
	}
	return err
}

// invite lets in as many callers as there are places; all, if they will be
// told that there are none any more.
func (c *conn) invite() {
	for c.queue.Len() > 0 {
		if c.err == nil && !c.away && uint32(len(c.streams))+c.invited >= c.limit {
			return
		}
		t := c.queue.Remove(c.queue.Front()).(*turn)
		t.invited = true
		c.invited++
		t.ready <- struct{}{}
	}
}

// opened returns the lowest id that we have not opened.
func (c *conn) opened() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nextID
}
