package http2

import (
	"io"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/transport"
	xhttp2 "golang.org/x/net/http2"
)

// Map of this file: Client, ClientStream and how it is opened, sent on, received
// from and ended; then what its connection tells it (the methods of side). The
// fields of responses are read in response.go.

// A Client is the client's side of a connection. Its methods may be called
// concurrently.
type Client struct {
	conn
	reader chan struct{} // closed when the reading goroutine has ended
	done   chan struct{} // closed when the connection is over
	ready  chan struct{} // closed when the peer's first settings have come
	going  chan struct{} // closed once the peer takes no more streams, or by then

	released sync.Pool // of *ClientStream, see Release

	told bool // going is closed; guarded by conn.mu

	patient *time.Timer // for the peer's first settings
	silence silence
}

// NewClient takes over tc, sends the preface and starts the reading goroutine,
// which ends when tc does.
func NewClient(tc *transport.Conn, cfg Config) *Client {
	c := newClient(tc, cfg)
	go func() {
		defer close(c.reader)
		tc.Serve(c)
	}()
	return c
}

// newClient is NewClient without the goroutine.
func newClient(tc *transport.Conn, cfg Config) *Client {
	c := &Client{reader: make(chan struct{}), done: make(chan struct{}), ready: make(chan struct{}), going: make(chan struct{})}
	c.init(tc, &cfg, c)
	c.limit = 100 // until the peer has said (as other implementations assume)
	c.nextID = 1
	c.patient = time.AfterFunc(c.cfg.Handshake, func() { c.closeWith(&ConnError{Err: errSilent}) })
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(c.hello(append(b, xhttp2.ClientPreface...)))
	}
	c.keep()
	return c
}

// Usable reports whether a new stream has a chance.
func (c *Client) Usable() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil && !c.away
}

// Settle waits for the peer's first settings, without which it may be anything.
// It returns why the connection ended before they came.
func (c *Client) Settle() error {
	select {
	case <-c.ready:
		return nil
	case <-c.done:
		return c.Err()
	}
}

// Streams returns the number of open streams.
func (c *Client) Streams() int { return int(c.open.Load()) }

// Done is closed when the connection is over.
func (c *Client) Done() <-chan struct{} { return c.done }

// Going is closed when the peer takes no more streams, or the connection is
// over: who keeps a stream for as long as it lasts is to end it.
func (c *Client) Going() <-chan struct{} { return c.going }

// Err returns why the connection ended, nil while it has not.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Transport returns the connection beneath.
func (c *Client) Transport() *transport.Conn { return c.tc }

// Retire takes no more streams and closes the connection after the last one.
func (c *Client) Retire() {
	c.mu.Lock()
	c.away = true
	c.invite()
	idle := c.over()
	c.mu.Unlock()
	if idle {
		c.part()
	}
}

// Close closes the connection, fails its streams and waits for the reading
// goroutine, on which it must not be called.
func (c *Client) Close() error {
	c.closeWith(ErrClosed)
	<-c.reader
	return nil
}

// A ClientStream is one call. One goroutine sends and one receives at a time.
type ClientStream struct {
	stream
	on    *Client
	unary bool // wake the receiver at the end only, or when a second message has come

	// Set by the reader before the receiver is woken; guarded by stream.mu.
	headed bool
	head   Head
	tail   Tail

	left atomic.Bool // has ended: received to its end, or given up

	// The reader has taken it off the table and will not look at it any more.
	free bool // guarded by stream.mu
}

// A Request is what a stream is opened with.
type Request struct {
	Head   *Block
	Fields []Field
	Body   []byte // whole envelopes; sent in the same write as the head
	End    bool   // ends our half
	// Whole says that the receiver begins with Wait, so that it need not be
	// woken before the response is complete.
	Whole bool
	// MaxMessageSize, if not 0, is for this stream what it is in Config.
	MaxMessageSize int
}

// Open opens a stream. It waits for a place if the peer allows no more streams.
// A head over the peer's limit is a [*ListSizeError].
func (c *Client) Open(r Request, until Bound) (*ClientStream, error) {
	if err := c.fits(r.Head, r.Fields); err != nil {
		return nil, err
	}
	s, _ := c.released.Get().(*ClientStream)
	if s == nil {
		s = &ClientStream{on: c}
		s.awaken()
	}
	s.unary = r.Whole
	if err := c.start(s, &r, until); err != nil {
		return nil, err
	}
	return s, nil
}

func (c *Client) start(s *ClientStream, r *Request, until Bound) error {
	s.init(&c.conn)
	s.client = s
	if r.MaxMessageSize > 0 {
		s.limit = r.MaxMessageSize
	}
	if r.Whole {
		s.until = until.Deadline
	}
	o := outgoing{head: r.Head, headFields: r.Fields, body: r.Body, end: r.End}
	sent, err := s.send(&o, until, false)
	if err != nil && s.answered() {
		return nil // the server did not need the rest
	}
	if err != nil {
		s.abandon(Cancel)
		if !sent {
			return &UnsentError{err}
		}
		return err
	}
	return nil
}

// Release leaves the stream of a whole response to another call, if it ended in
// order. It must not be used any more; what was received from it may be. Other
// streams are left to the garbage collector, as somebody may still look at them.
//
// That nobody looks at this one: the reader has taken it off the table, where
// alone the alarm, settings and the end of the connection find streams, all under
// conn.mu, and has forgotten it (free). It has sent everything, so it is not
// among those that wait for window; it had no share, so nobody is about to grant
// it one; and nobody is told of its end (onEnd). That nothing received changes:
// messages have memory of their own, fields are strings, and lists of them are
// made for each response and left behind here, not written to.
func (s *ClientStream) Release() {
	s.mu.Lock()
	free := s.free && s.err == nil && s.onEnd == nil && s.waiting() == 0 && !s.shares.Load()
	s.mu.Unlock()
	if !free {
		return
	}
	select {
	case <-s.wake: // was not waited for
	default:
	}
	s.clean()
	s.headed, s.head, s.tail = false, Head{}, Tail{}
	s.left.Store(false)
	s.free = false
	s.on.released.Put(s)
}

// An UnsentError says that nothing of a stream has left.
type UnsentError struct{ Err error }

func (e *UnsentError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UnsentError) Unwrap() error { return e.Err }

// answered reports whether the whole response is here.
func (s *ClientStream) answered() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}

// Send sends whole envelopes. end ends our half. flush says that the caller
// will wait for an answer now; otherwise it may be followed by more. If the
// server has answered already, the error is io.EOF: receive to learn what.
func (s *ClientStream) Send(body []byte, end, flush bool, until Bound) error {
	_, err := s.send(&outgoing{body: body, end: end}, until, !flush)
	if err != nil && s.answered() {
		return io.EOF
	}
	return err
}

// Recv returns the next message; at the end of the response, io.EOF.
func (s *ClientStream) Recv(until Bound) (Message, error) {
	for {
		m, ok, err := s.pop()
		if err == io.EOF {
			s.finish()
		}
		if ok || err != nil {
			return m, err
		}
		if err := s.rest(until); err != nil {
			return m, err
		}
	}
}

// Wait waits for the end of the response, or its failure, but leaves the
// messages for Recv. A response with several messages is not waited for to its
// end: it is reset.
func (s *ClientStream) Wait(until Bound) error {
	for {
		s.mu.Lock()
		err, ended, many := s.err, s.ended || s.inErr != nil, s.waiting() > 1
		s.mu.Unlock()
		if err != nil {
			return err
		}
		if ended || many {
			s.finish()
			return nil
		}
		if err := s.await(until); err != nil {
			return err
		}
	}
}

// Head waits for the beginning of the response.
func (s *ClientStream) Head(until Bound) (Head, error) {
	for {
		s.mu.Lock()
		headed, head, err := s.headed, s.head, s.err
		s.mu.Unlock()
		if headed {
			s.notify() // whoever waits for messages
			return head, nil
		}
		if err != nil {
			return Head{}, err
		}
		if err := s.c.await(s.wake, until); err != nil {
			return Head{}, err
		}
	}
}

// Tail returns what the response ended with; zero before that.
func (s *ClientStream) Tail() Tail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tail
}

// finish ends a stream whose response has been received. If one half has not
// ended, it is reset.
func (s *ClientStream) finish() {
	if s.left.Swap(true) || s.gone.Load() && s.answered() {
		return
	}
	how := s.ending()
	switch {
	case how == cutShort:
		s.cut(Cancel)
	case !s.sentEnd.Load():
		s.cut(NoError)
	}
	s.c.remove(&s.stream, how)
}

// abandon ends a stream that the caller has no more use for.
func (s *ClientStream) abandon(code ErrCode) {
	if s.left.Swap(true) {
		return
	}
	s.cut(code)
	s.c.remove(&s.stream, s.ending())
	s.fail(&ResetError{Code: code})
	s.on.unanswered()
}

// cut resets an open stream.
func (s *ClientStream) cut(code ErrCode) {
	b, over := s.c.w.BeginNow()
	if over != nil {
		return
	}
	if s.id != 0 && !s.gone.Load() {
		s.c.resets.add(s.id)
		b = appendReset(b, s.id, code)
		s.sentEnd.Store(true)
	}
	s.c.w.EndAsync(b)
}

// Cancel ends the stream at once. It does nothing after the end.
func (s *ClientStream) Cancel() { s.abandon(Cancel) }

func (c *Client) arrived(s *stream, waiting int, end bool) {
	if waiting > 0 {
		c.silence.spoke()
	}
	if end || !s.client.unary || waiting > 1 {
		s.notify()
	}
}

func (c *Client) settled() {
	c.patient.Stop()
	close(c.ready)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.limited {
		c.limit = math.MaxInt32
		c.invite()
	}
}

func (c *Client) goAway(last uint32, code ErrCode, debug string) {
	why := &ConnError{Code: code, Remote: true, Reason: debug, Unprocessed: true}
	c.mu.Lock()
	c.away = true
	var lost []*stream
	for id, s := range c.streams {
		if id > last {
			lost = append(lost, s)
		}
	}
	c.invite()
	c.leave()
	idle := c.over()
	c.mu.Unlock()
	for _, s := range lost {
		c.remove(s, cutShort)
		s.fail(why)
	}
	if idle {
		c.part()
	}
}

// leave tells once that no more streams are taken. It is called with mu held.
func (c *Client) leave() {
	if !c.told {
		c.told = true
		close(c.going)
	}
}

func (c *Client) closed(error) {
	c.patient.Stop()
	c.silence.end()
	close(c.done)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave()
}
