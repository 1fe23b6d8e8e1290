// Package multiplex runs many calls at once over one connection: each frame
// carries a sequence id, and answers come in any order.
//
// A call passes through so:
//
//	Acquire ──► sequence id ──► Send ──► Wait ──► answer
//	                                      │
//	                                      └─► gave up: the entry is gone,
//	                                          a late answer is dropped
//
// The package knows nothing of what is in a frame but what a [Framing] tells.
// A frame that Wait returns belongs to the caller.
package multiplex

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/transport/combine"
)

var (
	// ErrClosed is returned for calls on a connection that was closed by us.
	ErrClosed = errors.New("connection is closed")
	// ErrDraining is returned by Acquire once the peer has asked us to go
	// elsewhere. Nothing was sent.
	ErrDraining = errors.New("the peer is shutting down")
)

// Framing cuts the byte stream into frames.
type Framing interface {
	// Size returns the size of the frame that starts in, 0 if more bytes are
	// needed to tell. If it returns a size beside an error, the frame is to be
	// left out: its call gets the error, the others go on. Any other error
	// ends the connection.
	Size(in []byte) (int, error)
	// Seq returns the sequence id of a frame whose size is known; it need not
	// be whole.
	Seq(frame []byte) int32
	// Draining reports whether a control frame, which is one with the
	// sequence id 0, asks us to move to another connection.
	Draining(frame []byte) bool
}

// A Conn is the client's side of a multiplexed connection. Its methods may be
// called concurrently.
type Conn struct {
	conn    *transport.Conn
	framing Framing
	writer  *combine.Writer
	reader  chan struct{} // closed when the reading goroutine has ended
	unused  sync.Pool     // of *Waiter
	batches atomic.Uint64 // that have been written whole
	arrived []arrival     // scratch of that goroutine
	skip    int           // bytes of an oversized frame that are yet to come; likewise

	mu       sync.Mutex
	waiters  []*Waiter // by seq & (len-1); len is a power of two
	next     int32     // last sequence id given out; 0 is reserved for control frames
	inflight int
	draining bool
	silence  silence
	alarm    alarm
	err      error // why no answer will come any more
}

// New takes over conn and starts its reading goroutine, which ends when conn
// does.
func New(conn *transport.Conn, framing Framing) *Conn {
	c := &Conn{
		conn:    conn,
		framing: framing,
		reader:  make(chan struct{}),
		waiters: make([]*Waiter, 64),
	}
	c.writer = combine.New(func(batch []byte) error {
		return c.wrote(conn.Write(batch))
	}, func(batch []byte) (int, error) {
		n, err := conn.WriteNow(batch)
		return n, c.wrote(err)
	})
	go func() {
		defer close(c.reader)
		conn.Serve((*reader)(c))
	}()
	return c
}

// wrote takes note of a write of a batch.
func (c *Conn) wrote(err error) error {
	if err != nil {
		c.conn.Close() // ends the reader, which fails every call in the batch
		return err
	}
	c.batches.Add(1)
	return nil
}

// A Waiter waits for the answer to one call.
type Waiter struct {
	seq   int32
	crowd int           // calls that were in flight when this one was acquired, this one too
	heard uint64        // silence.heard when it was acquired
	ready chan struct{} // capacity 1: a token means frame or err is set
	until time.Time     // when the call has no more time, zero for never; guarded by Conn.mu
	frame []byte
	err   error
}

// waiter returns a waiter that no call uses. They are recycled per connection:
// their channels must not pass from one testing/synctest bubble to another.
func (c *Conn) waiter() *Waiter {
	if w, ok := c.unused.Get().(*Waiter); ok {
		return w
	}
	return &Waiter{ready: make(chan struct{}, 1)}
}

// Usable reports whether new calls can start on c.
func (c *Conn) Usable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil && !c.draining
}

// InFlight returns the number of calls that wait for an answer.
func (c *Conn) InFlight() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.inflight
}

// Acquire registers a call. It must be followed by Wait or Abandon.
func (c *Conn) Acquire() (w *Waiter, err error) {
	w = c.waiter()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil || c.draining {
		c.unused.Put(w)
		if c.err != nil {
			return nil, c.err
		}
		return nil, ErrDraining
	}
	if 2*c.inflight >= len(c.waiters) {
		c.grow()
	}
	// Long calls keep their slots; the next free one is near, since at most
	// half of the table is taken.
	for {
		c.next = (c.next + 1) & 0x7fffffff
		if c.next != 0 && *c.slot(c.next) == nil {
			break
		}
	}
	w.seq = c.next
	w.heard, w.until = c.silence.heard, time.Time{}
	*c.slot(w.seq) = w
	c.inflight++
	w.crowd = c.inflight
	return w, nil
}

// Seq returns the sequence id that the frame of the call must carry.
func (w *Waiter) Seq() int32 { return w.seq }

func (c *Conn) slot(seq int32) **Waiter { return &c.waiters[int(seq)&(len(c.waiters)-1)] }

func (c *Conn) grow() {
	old := c.waiters
	c.waiters = make([]*Waiter, 2*len(old))
	for _, w := range old {
		if w != nil {
			*c.slot(w.seq) = w
		}
	}
}

// Send sends the frame of w's call, which add appends to what waits to be
// written; it must be quick, and may append nothing if there is nothing to send
// after all. sent says whether any of it may have left. Unless the deadline
// has passed or done is closed, an error is the end of the connection; if sent
// is true, Wait knows whether an answer came before it.
func (c *Conn) Send(w *Waiter, deadline time.Time, done <-chan struct{}, add func(b []byte) []byte) (sent bool, err error) {
	before := c.batches.Load()
	b, err := c.writer.Begin(deadline, done)
	if err == nil {
		sent, err = true, c.writer.End(c.append(b, add), w.crowd)
	}
	if err == nil || err == context.DeadlineExceeded || err == context.Canceled {
		return sent, err
	}
	if c.batches.Load() == before {
		// None has left since, so that the frame was in the one that failed.
		var op *transport.OpError
		sent = sent && !(errors.As(err, &op) && op.Op == transport.OpWrite && !op.Sent)
	}
	c.fail(lost(err))
	return sent, err
}

// append calls add. Should it panic, the others can go on.
func (c *Conn) append(b []byte, add func(b []byte) []byte) []byte {
	added := false
	defer func() {
		if !added {
			c.writer.EndAsync(b)
		}
	}()
	longer := add(b)
	added = true
	return longer
}

func lost(err error) error { return fmt.Errorf("connection lost: %w", err) }

// Wait waits for the answer to w until deadline (unless zero) or until done
// (unless nil) is closed; then it forgets the call and returns
// context.DeadlineExceeded or context.Canceled. The frame is the caller's.
func (c *Conn) Wait(w *Waiter, deadline time.Time, done <-chan struct{}) ([]byte, error) {
	if !deadline.IsZero() {
		c.Limit(w, deadline)
	}
	if done == nil {
		w.Arrive()
		return c.Take(w)
	}
	select {
	case <-w.ready:
		return c.Take(w)
	case <-done:
		c.Abandon(w)
		return nil, context.Canceled
	}
}

// Arrive waits for the answer to w, or for its limit; Take gets it. With Limit
// they are Wait for a call that nobody cancels, and leave no frame of this
// package on the stack meanwhile.
func (w *Waiter) Arrive() { <-w.ready }

// Take returns what the reader left and recycles w.
func (c *Conn) Take(w *Waiter) ([]byte, error) {
	frame, err := w.frame, w.err
	w.frame, w.err = nil, nil
	c.unused.Put(w)
	return frame, err
}

// Abandon forgets a call. An answer that still comes is dropped.
func (c *Conn) Abandon(w *Waiter) {
	c.mu.Lock()
	mine := c.remove(w.seq) == w
	last := c.draining && c.inflight == 0
	c.mu.Unlock()
	if last {
		c.conn.Close()
	}
	if !mine {
		<-w.ready // the reader took it out and is about to deliver
	}
	w.frame, w.err = nil, nil
	c.unused.Put(w)
}

// remove takes the waiter of seq out of the table; nil if there is none.
func (c *Conn) remove(seq int32) *Waiter {
	p := c.slot(seq)
	w := *p
	if w == nil || w.seq != seq {
		return nil
	}
	*p = nil
	c.inflight--
	return w
}

// Retire takes no more calls and closes the connection after the last one.
func (c *Conn) Retire() {
	c.mu.Lock()
	c.draining = true
	idle := c.inflight == 0
	c.mu.Unlock()
	if idle {
		c.conn.Close()
	}
}

// Ended reports whether the connection and its reading goroutine are gone.
func (c *Conn) Ended() bool {
	select {
	case <-c.reader:
		return true
	default:
		return false
	}
}

// Close closes the connection, fails the calls in flight and waits for the
// reading goroutine.
func (c *Conn) Close() error {
	c.fail(ErrClosed)
	err := c.conn.Close()
	<-c.reader
	return err
}

// fail ends all calls with err; the first cause wins.
func (c *Conn) fail(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	err = c.err
	var ended []*Waiter
	for i, w := range c.waiters {
		if w != nil {
			ended = append(ended, w)
			c.waiters[i] = nil
		}
	}
	c.inflight = 0
	if c.alarm.timer != nil {
		c.alarm.timer.Stop()
	}
	c.mu.Unlock()
	for _, w := range ended {
		w.err = err
		w.ready <- struct{}{}
	}
}
