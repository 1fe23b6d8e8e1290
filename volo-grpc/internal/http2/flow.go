package http2

import "slices"

// This file is flow control (RFC 9113, section 5.2).
//
// Sending: the windows of the connection and of each stream are looked at and
// taken from under the writer's lock. A sender that lacks window writes what it
// may, then waits for credit without the lock.
//
// Receiving: a connection grants what it has received at once, so that a
// stream whose user is slow does not hold up the others. A stream grants what
// its user has received. A message that is larger than half a stream's window
// would wait for itself, so the peer is granted all of it when it begins; such
// prepaid messages share a budget, and one that finds none waits for another to
// be received. What a peer can make us hold is thus bounded by
// MaxConcurrentStreams × StreamWindow + budget.

// budget bounds the prepaid messages of a connection, in bytes. One message
// that is larger than it has it to itself.
const budget = 64 << 20

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
	for {
		b, err := c.w.Begin(until.Deadline, until.Done)
		if err != nil {
			return sent, c.lost(err)
		}
		if err := s.failed(); err != nil {
			c.sated(s)
			c.w.EndAsync(b)
			return sent, err
		}
		if s.id == 0 {
			if err := c.openLocked(s); err != nil {
				c.w.EndAsync(b)
				return false, err
			}
		}
		before := len(b)
		b, done := s.append(b, o)
		sent = sent || len(b) > before
		if async && done {
			c.w.EndAsync(b)
			return sent, nil
		}
		if err := c.w.End(b, c.open.Load() > 1); err != nil {
			return sent, c.lost(err)
		}
		if done {
			return sent, nil
		}
		if err := await(s.credit, until); err != nil {
			if b, begun := c.w.BeginNow(); begun == nil {
				c.sated(s)
				c.w.EndAsync(b)
			}
			return sent, err
		}
	}
}

// sated forgets that s waits for window. It runs under the writer's lock.
func (c *conn) sated(s *stream) {
	if s.starved {
		s.starved = false
		c.starved = slices.DeleteFunc(c.starved, func(o *stream) bool { return o == s })
	}
}

// append appends as much of o as the windows allow, takes it off o, and
// reports whether that was all.
func (s *stream) append(b []byte, o *outgoing) (_ []byte, done bool) {
	c := s.c
	if o.head != nil {
		b = s.appendBlock(b, o.head, o.headFields, false)
		o.head = nil
	}
	n := int(max(0, min(int64(len(o.body)), s.window, c.window)))
	done = n == len(o.body)
	endsWithData := done && o.end && o.tail == nil
	if n > 0 || endsWithData && !s.sentEnd {
		b = appendData(b, o.body[:n], s.id, endsWithData, c.maxFrame)
		s.window -= int64(n)
		c.window -= int64(n)
		o.body = o.body[n:]
		s.sentEnd = endsWithData
	}
	switch {
	case !done && !s.starved:
		s.starved = true
		c.starved = append(c.starved, s)
	case done && o.tail != nil:
		b = s.appendBlock(b, o.tail, o.tailFields, true)
		s.sentEnd = true
	}
	return b, done
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

// lost returns the reason why the connection ended in place of err, which is
// what the writer saw of it.
func (c *conn) lost(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	return err
}

// creditNow lets a sender that waits for window look again.
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
	defer c.w.EndAsync(b)
	window := &c.window
	if s != nil {
		window = &s.window
	}
	if *window+n > 1<<31-1 {
		if s != nil {
			return &streamError{s.id, FlowControlError, "window over 2^31-1"}
		}
		return &ConnError{Code: FlowControlError, Reason: "window over 2^31-1"}
	}
	*window += n
	c.feedStarved()
	return nil
}

// feedStarved wakes the senders that can go on. It runs under the writer's
// lock.
func (c *conn) feedStarved() {
	if c.window <= 0 {
		return
	}
	kept := c.starved[:0]
	for _, s := range c.starved {
		if s.window > 0 {
			s.starved = false
			s.creditNow()
		} else {
			kept = append(kept, s)
		}
	}
	clear(c.starved[len(kept):])
	c.starved = kept
}

// received takes n bytes of DATA off our windows; s is nil if the stream is
// gone. It runs on the reader's goroutine.
func (c *conn) received(s *stream, n int) error {
	if c.ownWindow -= int64(n); c.ownWindow < 0 {
		return &ConnError{Code: FlowControlError, Reason: "more data than the window of the connection"}
	}
	c.owed += int64(n)
	if s != nil && s.ownWindow.Add(int64(-n)) < 0 {
		return &streamError{s.id, FlowControlError, "more data than the window of the stream"}
	}
	return nil
}

// grant tells the peer, once per batch of frames and when it is worth a frame,
// that it may send more on the connection.
func (c *conn) grant() {
	if c.owed < int64(c.cfg.ConnWindow)/4 {
		return
	}
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(appendWindowUpdate(b, 0, uint32(c.owed)))
	}
	c.ownWindow += c.owed
	c.owed = 0
}

// grantStream tells the peer that it may send n bytes more on a stream.
func (c *conn) grantStream(s *stream, n int64) {
	s.ownWindow.Add(n)
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(appendWindowUpdate(b, s.id, uint32(n)))
	}
}

// A share is what a stream has of the budget: at most one large message at a
// time, from when it begins to arrive until its user has received it. A second
// one waits for the first. It is guarded by conn.mu.
type share struct {
	size int  // of the message, 0 for none
	paid bool // else it waits in conn.unpaid
	next int  // size of the large message behind it, 0 for none
}

// prepay grants all of a large message that has begun to arrive, or lets it
// wait for its share of the budget.
func (c *conn) prepay(s *stream, size int) {
	if int64(size) <= int64(c.cfg.StreamWindow)/2 {
		return
	}
	c.mu.Lock()
	if s.share.size > 0 {
		s.share.next = size
	} else {
		s.share.size = size
		c.unpaid = append(c.unpaid, s)
	}
	paid := c.pay()
	c.mu.Unlock()
	c.grantShares(paid)
}

// repay returns the share of a stream whose large message was received, or,
// if over, that has ended.
func (c *conn) repay(s *stream, over bool) {
	c.mu.Lock()
	if s.share.paid {
		c.prepaid -= s.share.size
	}
	next := s.share.next
	s.share = share{}
	if over {
		c.unpaid = slices.DeleteFunc(c.unpaid, func(u *stream) bool { return u == s })
	} else if next > 0 {
		s.share.size = next
		c.unpaid = append(c.unpaid, s)
	}
	paid := c.pay()
	c.mu.Unlock()
	c.grantShares(paid)
}

// pay gives what is free of the budget to those who wait, in order.
func (c *conn) pay() (paid []grantee) {
	for len(c.unpaid) > 0 {
		s := c.unpaid[0]
		if c.prepaid > 0 && c.prepaid+s.share.size > budget {
			break
		}
		c.unpaid = c.unpaid[1:]
		c.prepaid += s.share.size
		s.share.paid = true
		paid = append(paid, grantee{s, s.share.size})
	}
	return paid
}

type grantee struct {
	s    *stream
	size int
}

func (c *conn) grantShares(paid []grantee) {
	for _, g := range paid {
		c.grantStream(g.s, int64(g.size))
	}
}

// consumed is called when the user of a stream has received a message, n bytes
// with its envelope, and more may come. large says that it was prepaid.
func (c *conn) consumed(s *stream, n int, large bool) {
	if large {
		n = EnvelopeSize
		c.repay(s, false)
	}
	if owed := s.owed.Add(int64(n)); owed >= int64(c.cfg.StreamWindow)/4 && s.owed.CompareAndSwap(owed, 0) {
		c.grantStream(s, owed)
	}
}
