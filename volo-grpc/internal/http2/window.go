package http2

import (
	"slices"
	"time"
)

// This file is receiving under flow control (RFC 9113, section 5.2).
//
// A connection grants what it has received at once, so that a stream whose
// user is slow does not hold up the others. A stream grants what its user has
// received. A message that is larger than half a stream's window would wait for
// itself, so the peer is granted all of it when it begins; such prepaid
// messages share a budget, and one that finds none waits for another to be
// received.
//
// Windows grow for big transfers, see growth.go.
//
// What a connection holds for its users is counted, too: over
// Config.MaxUnread, the streams that bring more are reset.

const (
	// budget bounds the prepaid messages of a connection, in bytes. One message
	// that is larger than it has it to itself.
	budget = 64 << 20
	// perMessage is what a message costs beside its bytes.
	perMessage = 48
)

// received takes n bytes of DATA off our windows; s is nil if the stream is
// gone. It runs on the reader's goroutine.
func (c *conn) received(s *stream, n int) error {
	c.came(n)
	if c.room -= int64(n); c.room < 0 {
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
	c.hot, c.clock = nil, time.Time{} // of the batch
	if c.owed < int64(c.cfg.ConnWindow)/4 {
		return
	}
	if larger := 2 * c.wanted.Load(); larger > c.whole {
		c.owed += larger - c.whole
		c.whole = larger
	}
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(appendWindowUpdate(b, 0, uint32(c.owed)))
	}
	c.room += c.owed
	c.owed = 0
}

// grantStream tells the peer that it may send n bytes more on a stream.
func (c *conn) grantStream(s *stream, n int64) {
	n = min(n, 1<<31-1-max(0, s.ownWindow.Load()))
	if n <= 0 || s.gone.Load() {
		return
	}
	s.ownWindow.Add(n)
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(appendWindowUpdate(b, s.id, uint32(n)))
	}
}

// consumed is called when the user of a stream has received a message, n bytes
// with its envelope, and more may come. large says that it had a share.
func (c *conn) consumed(s *stream, n int, large bool) {
	if large && c.repay(s) {
		n = EnvelopeSize
	}
	c.owe(s, n)
}

// owe grants n bytes of a stream again, as soon as it is worth a frame.
func (c *conn) owe(s *stream, n int) {
	if owed := s.owed.Add(int64(n)); owed >= int64(c.cfg.StreamWindow)/4 && s.owed.CompareAndSwap(owed, 0) {
		c.grantStream(s, owed+c.grow(s))
	}
}

// A share is what a stream has of the budget: the sizes of the large messages
// that have begun to arrive and that its user has not received, in order. Only
// the first of them can be paid. It is guarded by conn.mu.
//
//	none ── begins ──► first in conn.unpaid ── budget ──► first paid ── received ──┐
//	  ▲                                                                            │
//	  └──────────────────── or the next one is first in conn.unpaid ◄──────────────┘
type share struct {
	sizes []int
	paid  bool
}

// prepay grants all of a large message that has begun to arrive, or lets it
// wait for its share of the budget. It runs on the reader's goroutine.
func (c *conn) prepay(s *stream, size int) {
	s.shares.Store(true)
	c.mu.Lock()
	if s.gone.Load() {
		c.mu.Unlock()
		return
	}
	s.share.sizes = append(s.share.sizes, size)
	if len(s.share.sizes) == 1 {
		c.unpaid = append(c.unpaid, s)
	}
	paid := c.pay()
	c.mu.Unlock()
	c.grantShares(paid)
}

// repay returns the share of the first large message of s, which was received.
// It reports whether that was paid: if not, it came out of the stream's window.
func (c *conn) repay(s *stream) (was bool) {
	c.mu.Lock()
	was = c.returnShare(s)
	if len(s.share.sizes) > 0 {
		s.share.sizes = s.share.sizes[1:]
	}
	if len(s.share.sizes) > 0 {
		c.unpaid = append(c.unpaid, s)
	}
	paid := c.pay()
	c.mu.Unlock()
	c.grantShares(paid)
	return was
}

// repayAll returns the share of a stream that has ended.
func (c *conn) repayAll(s *stream) {
	c.mu.Lock()
	c.returnShare(s)
	s.share.sizes = nil
	c.grown -= s.grown
	s.grown = 0
	paid := c.pay()
	c.mu.Unlock()
	c.grantShares(paid)
}

// returnShare takes back what was paid for s, or its place in conn.unpaid.
func (c *conn) returnShare(s *stream) (was bool) {
	if s.share.paid {
		c.prepaid -= s.share.sizes[0]
		s.share.paid = false
		return true
	}
	c.unpaid = slices.DeleteFunc(c.unpaid, func(u *stream) bool { return u == s })
	return false
}

// pay gives what is free of the budget to those who wait, in order.
func (c *conn) pay() (paid []grantee) {
	for len(c.unpaid) > 0 {
		s := c.unpaid[0]
		size := s.share.sizes[0]
		if c.prepaid > 0 && c.prepaid+size > budget {
			break
		}
		c.unpaid = slices.Delete(c.unpaid, 0, 1)
		c.prepaid += size
		s.share.paid = true
		paid = append(paid, grantee{s, size})
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
