package http2

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// A Bound says how long an operation may wait.
type Bound struct {
	Deadline time.Time       // zero for ever
	Done     <-chan struct{} // nil for ever
}

// A stream is what both sides have in common: sending under flow control, and
// receiving messages.
//
//	          open
//	     ┌─────┴─────┐
//	sent END      got END          each half ends by itself;
//	     └─────┬─────┘             a reset or the loss of the
//	         closed                connection ends both
type stream struct {
	c      *conn
	id     uint32        // 0 until opened; set under the writer's lock
	client *ClientStream // whose part it is; nil on a server
	server *ServerStream // likewise; nil on a client

	// Under the writer's lock.
	window   int64         // that we may still send
	starved  bool          // is in conn.starved
	sentEnd  atomic.Bool   // written there, read anywhere
	ticket   uint64        // its place in conn.starved; 0 for none
	served   int           // bytes, since it has the ticket
	wants    int64         // bytes, while it is there
	promised int64         // of the connection's window, once it was woken
	credit   chan struct{} // see hunger

	// Of the reader's goroutine.
	assembly assembly
	declared int64 // content-length, -1 if there is none
	limit    int   // of a message
	gotEnd   bool  // the peer has ended its half
	gotData  int64
	born     time.Time // servers

	until time.Time   // when its receiver has no more time, zero for never; not changed while it is on the table
	late  atomic.Bool // it is over

	gone      atomic.Bool  // off the table; written under conn.mu
	ownWindow atomic.Int64 // that the peer may still send
	owed      atomic.Int64 // received by the user, not yet granted again
	shares    atomic.Bool  // had a share of the budget
	share     share        // guarded by conn.mu
	grown     int          // beyond the configured window; guarded by conn.mu

	unfit atomic.Bool // err or outErr is set

	mu       sync.Mutex
	messages []arrival     // from taken on: arrived, not yet received
	taken    int           //
	first    [1]arrival    // backs messages of a unary call
	ended    bool          // no more messages will come
	err      error         // why the stream ended out of order
	inErr    error         // why no more messages can be read, although we may send
	outErr   error         // why we cannot send, although the response is complete
	held     int64         // bytes of this stream in conn.held
	released bool          // held is no longer counted
	wake     chan struct{} // capacity 1: something has changed; nil while nobody can wait
	onEnd    func(error)
}

// An arrival is a message that waits for its receiver.
type arrival struct {
	Message
	large bool // has a share of the budget
}

// init prepares s, which may have been another call's.
func (s *stream) init(c *conn) {
	s.c = c
	s.declared = -1
	s.limit = c.cfg.MaxMessageSize
	s.ownWindow.Store(int64(c.cfg.StreamWindow))
	if !c.known.Load() {
		// Until then the default counts (RFC 9113, section 6.9.3).
		s.ownWindow.Store(max(65535, int64(c.cfg.StreamWindow)))
	}
	s.messages = s.first[:0]
}

// clean makes s as good as new for [stream.init]: what ended in order and in
// full has left it waiting for nothing, and owing nothing. Its lock and what its
// receiver is woken with stay, as the reader may be about to leave them.
func (s *stream) clean() {
	s.id, s.credit = 0, nil
	s.sentEnd.Store(false)
	s.assembly, s.gotEnd, s.gotData = assembly{}, false, 0
	s.until = time.Time{}
	s.late.Store(false)
	s.gone.Store(false)
	s.owed.Store(0)
	s.shares.Store(false)
	s.share, s.grown = share{}, 0
	s.messages, s.taken, s.first = nil, 0, [1]arrival{}
	s.ended, s.released = false, false
	s.inErr, s.outErr = nil, nil
	s.unfit.Store(false)
}

// awaken lets somebody wait. It must be called before a receiver starts.
func (s *stream) awaken() { s.wake = make(chan struct{}, 1) }

// notify wakes the receiver, if there can be one.
func (s *stream) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// push adds messages that have arrived, and bytes that are held for them or for
// a part of one; inErr, if not nil, is why no more can be read. It returns how
// many messages wait.
func (s *stream) push(done []arrival, bytes int64, end bool, inErr error) (waiting int) {
	s.mu.Lock()
	if s.taken > len(s.messages)/2 && len(s.messages)+len(done) > cap(s.messages) {
		n := copy(s.messages, s.messages[s.taken:])
		clear(s.messages[n:])
		s.messages, s.taken = s.messages[:n], 0
	}
	s.messages = append(s.messages, done...)
	s.ended = s.ended || end
	if s.inErr == nil {
		s.inErr = inErr
	}
	if !s.released && bytes != 0 {
		s.held += bytes
		s.c.held.Add(bytes)
	}
	waiting = s.waiting()
	s.mu.Unlock()
	return waiting
}

// waiting returns how many messages wait for their receiver. The caller holds
// s.mu.
func (s *stream) waiting() int { return len(s.messages) - s.taken }

// maxMessages is how much room for messages that wait is kept while none do.
const maxMessages = 1024

// let returns the bytes that are held for s, which are no longer counted.
func (s *stream) let() (bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bytes = s.held
	s.held, s.released = 0, true
	return bytes
}

// fail ends both halves. The first error wins.
func (s *stream) fail(err error) {
	s.mu.Lock()
	if s.err != nil {
		s.mu.Unlock()
		return
	}
	s.unfit.Store(true)
	if s.client != nil && s.ended {
		s.outErr = err // the server has answered and wants no more of the request
		s.creditNow()
		s.mu.Unlock()
		return
	}
	s.err = err
	onEnd := s.onEnd
	s.onEnd = nil
	s.creditNow()
	s.mu.Unlock()
	s.notify()
	if onEnd != nil {
		onEnd(err)
	}
}

// failed returns why the stream ended, nil if it has not or in order.
func (s *stream) failed() error {
	if !s.unfit.Load() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		return s.outErr
	}
	return s.err
}

// OnEnd arranges for f to be called if the stream ends out of order: reset, or
// lost with its connection. It is called at once if that has happened.
func (s *stream) OnEnd(f func(error)) {
	s.mu.Lock()
	err := s.err
	if err == nil {
		s.onEnd = f
	}
	s.mu.Unlock()
	if err != nil {
		f(err)
	}
}

// rest waits until something may have changed. It is inlined: of the streams of
// a connection most are resting most of the time, and the garbage collector
// looks at every frame of their stacks.
func (s *stream) rest(until Bound) error {
	if until == (Bound{}) {
		<-s.wake
		return nil
	}
	return s.c.await(s.wake, until)
}

// pop takes the next message if it is there; at the end in order, its error is
// io.EOF.
func (s *stream) pop() (m Message, ok bool, err error) {
	s.mu.Lock()
	if s.waiting() == 0 {
		err = s.dry()
		s.mu.Unlock()
		return m, false, err
	}
	a := s.messages[s.taken]
	s.messages[s.taken] = arrival{}
	if s.taken++; s.waiting() == 0 {
		if s.messages, s.taken = s.messages[:0], 0; cap(s.messages) > maxMessages {
			s.messages = s.first[:0]
		}
	}
	more := !s.ended && s.err == nil && !s.released
	size := len(a.Data) + EnvelopeSize
	if more {
		s.held -= int64(size + perMessage)
		s.c.held.Add(-int64(size + perMessage))
	}
	s.mu.Unlock()
	switch {
	case more:
		s.c.consumed(s, size, a.large)
	case a.large:
		s.c.repay(s)
	}
	return a.Message, true, nil
}

// dry returns why no message will come any more, nil if one may. The caller holds
// s.mu.
func (s *stream) dry() error {
	switch {
	case s.err != nil:
		return s.err
	case s.inErr != nil:
		return s.inErr
	case s.ended:
		return io.EOF
	}
	return nil
}

// await waits for a token in ready.
func (c *conn) await(ready <-chan struct{}, until Bound) error {
	if until.Deadline.IsZero() && until.Done == nil {
		<-ready
		return nil
	}
	var expired <-chan time.Time
	if !until.Deadline.IsZero() {
		t, _ := c.cfg.timers.Get().(*time.Timer)
		if t == nil {
			t = time.NewTimer(time.Until(until.Deadline))
		} else {
			t.Reset(time.Until(until.Deadline))
		}
		defer func() {
			t.Stop() // after this, nothing of it is received
			c.cfg.timers.Put(t)
		}()
		expired = t.C
	}
	select {
	case <-ready:
		return nil
	case <-expired:
		return context.DeadlineExceeded
	case <-until.Done:
		return context.Canceled
	}
}
