package http2

import (
	"cmp"
	"errors"
	"slices"
)

// This file is sending under flow control (RFC 9113, section 5.2). The windows
// of the connection and of each stream are looked at and taken from under the
// writer's lock. A sender that lacks window writes what it may, then waits for
// credit without the lock.
//
// Who waits has a ticket, which it keeps until it has had its turn. The window of
// the connection, as far as it goes, is promised to those with the oldest
// tickets, and only they are woken.

// maxChunk is how many bytes of a body are appended at a time. Between chunks
// others append theirs, and a sender waits if too much is pending.
const maxChunk = 512 << 10

// aTurn is how many bytes of a message a sender may send before those go on that
// wait as well.
const aTurn = 16 << 10

var errSendEnded = errors.New("sent after the end")

// An outgoing is what one send puts on a stream, in this order.
type outgoing struct {
	head       *Block // of HEADERS; nil for none
	headFields []Field
	body       []byte // DATA: envelopes and messages
	tail       *Block // of trailers, which end our half; nil for none
	tailFields []Field
	end        bool // end our half with the last DATA; without tail
}

// send sends o under flow control, all of it in one write if the windows
// allow. async leaves the writing to another goroutine. If it fails, sent says
// whether anything may have left.
func (s *stream) send(o *outgoing, until Bound, async bool) (sent bool, err error) {
	c := s.c
	var mine *turn
	for {
		b, err := c.w.Begin(until.Deadline, until.Done)
		if err != nil {
			c.quit(s, mine)
			return sent, s.lost(err)
		}
		if s.id == 0 {
			mine, err = c.enroll(s, mine)
		} else {
			err = s.sendable()
		}
		if err != nil {
			c.sated(s)
			c.w.EndAsync(b)
			return sent, err
		}
		if mine != nil {
			c.w.EndAsync(b)
			if err := c.wait(mine, until); err != nil {
				return false, err
			}
			continue
		}
		before := len(b)
		b, done := s.append(b, o)
		sent = sent || len(b) > before
		hungry := s.starved
		if async && done {
			c.w.EndAsync(b)
			return sent, nil
		}
		if err := c.w.End(b, c.crowd(o)); err != nil {
			return sent, s.lost(err)
		}
		if done {
			return sent, nil
		}
		if hungry {
			if err := c.await(s.credit, until); err != nil {
				c.quit(s, nil)
				return sent, err
			}
		}
	}
}

// crowd returns how many senders are likely to have something for the
// connection now, that of o included. Calls that end with what they send come
// again and again, and mostly together; of streams that go on, many are silent,
// and when all are busy smaller batches keep both sides at work.
func (c *conn) crowd(o *outgoing) int {
	open := int(c.open.Load())
	if o.end || o.tail != nil {
		return open
	}
	return max(open/2, min(open, 2))
}

// sendable reports why nothing more can be sent, nil if something can.
func (s *stream) sendable() error {
	if err := s.failed(); err != nil {
		return err
	}
	if s.sentEnd.Load() {
		return errSendEnded
	}
	return nil
}

// quit forgets a sender that waits no longer.
func (c *conn) quit(s *stream, mine *turn) {
	if mine != nil {
		c.mu.Lock()
		c.invited--
		c.invite()
		c.mu.Unlock()
	}
	if b, over := c.w.BeginNow(); over == nil {
		c.sated(s)
		c.w.EndAsync(b)
	}
}

// append appends as much of o as the windows allow, a chunk at most, takes it
// off o, and reports whether that was all. If not, the sender waits for credit
// if s is starved.
func (s *stream) append(b []byte, o *outgoing) (_ []byte, done bool) {
	c := s.c
	c.redeem(s)
	if o.head != nil {
		b = s.appendBlock(b, o.head, o.headFields, false)
		o.head = nil
	}
	room := max(0, min(s.window, c.window-c.promised, maxChunk))
	n := int(min(int64(len(o.body)), room))
	done = n == len(o.body)
	endsWithData := done && o.end && o.tail == nil
	used := int64(1)
	if n > 0 || endsWithData {
		b = appendData(b, o.body[:n], s.id, endsWithData, c.maxFrame)
		s.window -= int64(n)
		c.window -= int64(n)
		used += int64(n / perUse)
		o.body = o.body[n:]
		if done {
			c.meter.sent.Add(1)
		}
		if s.served += n; done || s.served >= aTurn {
			s.ticket, s.served = 0, 0
		}
	}
	c.sent.Add(used)
	switch {
	case done && o.tail != nil:
		b = s.appendBlock(b, o.tail, o.tailFields, true)
		s.sentEnd.Store(true)
		b = s.server.conclude(b)
	case done:
		if endsWithData {
			s.sentEnd.Store(true)
			if s.server != nil {
				b = s.server.conclude(b)
			}
		}
	case !s.starved && room < maxChunk:
		s.hunger(len(o.body))
	}
	c.feedStarved()
	return b, done
}

// hunger makes the sender of s, which lacks window for n bytes, wait for credit:
// a token says that window may have come, or that the stream has ended. It runs
// under the writer's lock.
func (s *stream) hunger(n int) {
	c := s.c
	if s.ticket == 0 {
		c.tickets++
		s.ticket = c.tickets
	}
	s.starved, s.wants = true, int64(n)
	at, _ := slices.BinarySearchFunc(c.starved, s.ticket, func(o *stream, ticket uint64) int { return cmp.Compare(o.ticket, ticket) })
	c.starved = slices.Insert(c.starved, at, s)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.credit == nil {
		s.credit = make(chan struct{}, 1)
	}
	if s.err != nil || s.outErr != nil {
		s.creditNow()
	}
}

func (s *stream) appendBlock(b []byte, k *Block, fields []Field, end bool) []byte {
	c := s.c
	b, at := openHeaders(b)
	b = c.enc.begin(b)
	b = c.enc.block(b, k)
	for _, f := range fields {
		b = c.enc.field(b, f.Name, f.Value)
	}
	return closeHeaders(b, at, s.id, end, c.maxFrame)
}

// lost returns the reason why the stream or the connection ended in place of
// err, which is what the writer saw of it.
func (s *stream) lost(err error) error {
	if failed := s.failed(); failed != nil {
		return failed
	}
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.c.err != nil {
		return s.c.err
	}
	return err
}

// creditNow lets a sender that waits for window look again. It runs under the
// writer's lock or stream.mu; both are held where credit is made.
func (s *stream) creditNow() {
	select {
	case s.credit <- struct{}{}:
	default:
	}
}

// widen adds to the send window of a stream, or of the connection if s is nil.
func (c *conn) widen(s *stream, n int64) error {
	b, err := c.w.BeginNow()
	if err != nil {
		return nil // the connection is over
	}
	window := &c.window
	if s != nil {
		window = &s.window
	}
	if *window+n <= 1<<31-1 {
		*window += n
		c.feedStarved()
		c.w.EndAsync(b)
		return nil
	}
	c.w.EndAsync(b)
	if s != nil {
		return &streamError{s.id, FlowControlError, "window over 2^31-1"}
	}
	return &ConnError{Code: FlowControlError, Reason: "window over 2^31-1"}
}

// feedStarved wakes the senders that can go on. It runs under the writer's lock.
func (c *conn) feedStarved() {
	if c.window <= c.promised || len(c.starved) == 0 {
		return
	}
	kept := c.starved[:0]
	for _, s := range c.starved {
		if s.window > 0 && c.window > c.promised {
			s.starved = false
			s.promised = min(s.wants, s.window, c.window-c.promised)
			c.promised += s.promised
			s.creditNow()
		} else {
			kept = append(kept, s)
		}
	}
	clear(c.starved[len(kept):])
	c.starved = kept
}

// redeem ends what was promised to s. It runs under the writer's lock.
func (c *conn) redeem(s *stream) {
	c.promised -= s.promised
	s.promised = 0
}

// sated forgets that s waits for window, or was promised any. It runs under the
// writer's lock.
func (c *conn) sated(s *stream) {
	c.redeem(s)
	if s.starved {
		s.starved = false
		c.starved = slices.DeleteFunc(c.starved, func(o *stream) bool { return o == s })
	}
	c.feedStarved()
}
