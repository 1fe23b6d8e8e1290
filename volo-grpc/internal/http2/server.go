package http2

import (
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/worker"
	xhttp2 "golang.org/x/net/http2"
)

// A Handler serves the streams of a connection.
type Handler interface {
	// Begin is called by the reader, which it must not hold up, when the head
	// of a request has arrived. It reports whether Run waits for the whole
	// request, as it does for unary calls; otherwise Run starts at once. A
	// stream that is reset or lost while Run waits is never run.
	Begin(s *ServerStream) (whole bool)
	// Run serves the stream on a goroutine of its own.
	Run(s *ServerStream)
}

// NewWorkers returns the goroutines that run streams; many connections share
// them.
func NewWorkers(h Handler) *worker.Pool[*ServerStream] { return worker.New(h.Run) }

// A Server is the server's side of a connection: the handler of what arrives
// on it, to be driven by package transport.
type Server struct {
	conn
	handler Handler
	workers *worker.Pool[*ServerStream]
	onEnd   func(*Server)
	patient *time.Timer // for the preface and the first settings; nil after them

	// Owner is the handler's; set before anything arrives.
	Owner any

	running atomic.Int64 // handlers
}

// NewServer makes the server's side of tc. onEnd, if not nil, is called once
// when the connection is over.
func NewServer(tc *transport.Conn, cfg *Config, h Handler, workers *worker.Pool[*ServerStream], onEnd func(*Server)) *Server {
	c := &Server{handler: h, workers: workers, onEnd: onEnd}
	c.server = true
	c.init(tc, cfg, c)
	c.preface = xhttp2.ClientPreface
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(c.hello(b))
	}
	c.keep()
	c.patient = time.AfterFunc(c.cfg.Handshake, func() { c.closeWith(&ConnError{Err: errHandshake}) })
	return c
}

// Streams returns the number of open streams.
func (c *Server) Streams() int { return int(c.open.Load()) }

// Transport returns the connection beneath.
func (c *Server) Transport() *transport.Conn { return c.tc }

// Running returns the number of handlers that have not returned.
func (c *Server) Running() int { return int(c.running.Load()) }

// Away reports whether the peer has been asked to open no more streams.
func (c *Server) Away() bool { return c.drained() }

// Drain ends the connection in order: the peer is told to open no more
// streams, those it has already sent are served, and after the last one the
// connection is closed (RFC 9113, section 6.8).
func (c *Server) Drain() { c.drain() }

// Close ends the connection at once.
func (c *Server) Close() { c.closeWith(ErrClosed) }

// A RequestHead is what a request begins with.
type RequestHead struct {
	Method, Path, Authority string
	ContentType             string
	Timeout                 string // grpc-timeout
	Encoding                string // grpc-encoding
	AcceptEncoding          string // grpc-accept-encoding
	Fields                  []Field
}

// A ServerStream is one call. Its head is set before Begin. One goroutine
// sends and one receives at a time.
type ServerStream struct {
	stream
	on *Server

	RequestHead

	// Data is the handler's.
	Data any

	// Unwrap, if not nil, undoes what wraps the envelopes of the request, piece
	// by piece; end says that no more will come. What it returns is not kept.
	// Begin sets it, the reader calls it.
	Unwrap func(p []byte, end bool) ([]byte, error)

	length  int64 // content-length, -1 if there is none
	whole   bool
	started bool
}

// Conn returns the connection of the stream.
func (s *ServerStream) Conn() *Server { return s.on }

// Recv returns the next message; after the last one io.EOF.
func (s *ServerStream) Recv(until Bound) (Message, error) {
	for {
		m, ok, err := s.pop()
		if ok || err != nil {
			return m, err
		}
		if err := s.rest(until); err != nil {
			return m, err
		}
	}
}

// SendHead begins the response.
func (s *ServerStream) SendHead(head *Block, fields []Field, until Bound) error {
	_, err := s.send(&outgoing{head: head, headFields: fields}, until, false)
	return err
}

// Send sends whole envelopes, and the head before them unless it is nil.
// flush says that the caller will wait for an answer now.
func (s *ServerStream) Send(head *Block, fields []Field, body []byte, flush bool, until Bound) error {
	_, err := s.send(&outgoing{head: head, headFields: fields, body: body}, until, !flush)
	return err
}

// Fits returns a [*ListSizeError] if the peer takes no header block of k, which
// may be nil, and fields.
func (s *ServerStream) Fits(k *Block, fields []Field) error { return s.c.fits(k, fields) }

// Finish ends the response with trailers, after a head (unless nil) and a last
// body, in one write if the windows allow. The stream is over then.
func (s *ServerStream) Finish(head *Block, headFields []Field, body []byte, tail *Block, tailFields []Field, until Bound) error {
	return s.finish(&outgoing{head: head, headFields: headFields, body: body, tail: tail, tailFields: tailFields}, until)
}

// FinishData is Finish for a response that ends with its body.
func (s *ServerStream) FinishData(head *Block, headFields []Field, body []byte, until Bound) error {
	return s.finish(&outgoing{head: head, headFields: headFields, body: body, end: true}, until)
}

func (s *ServerStream) finish(o *outgoing, until Bound) error {
	_, err := s.send(o, until, false)
	if err != nil {
		s.Reset(Cancel) // half a response must not look as if more would come
	}
	s.c.settle(&s.stream)
	return err
}

// Reset ends the stream out of order. It does nothing after the end.
func (s *ServerStream) Reset(code ErrCode) {
	if !s.gone.Load() {
		s.c.reset(s.id, code, "")
	}
}

// conclude takes a stream off the table whose response is complete, before the
// peer can know that it may open another one. If the request is not complete,
// the peer is told not to go on with it. It runs under the writer's lock.
func (s *ServerStream) conclude(b []byte) []byte {
	c := s.c
	s.mu.Lock()
	ended := s.ended
	s.mu.Unlock()
	c.mu.Lock()
	was := c.drop(&s.stream)
	if was {
		c.orderly++
	}
	over := c.over()
	c.mu.Unlock()
	if was && !ended {
		c.resets.add(s.id)
		b = appendReset(b, s.id, NoError)
	}
	if over {
		c.part()
	}
	return b
}

func (c *Server) run(s *ServerStream) {
	if s.started {
		return
	}
	s.started = true
	c.running.Add(1)
	c.workers.Go(s)
}

// Done is called by the handler when Run is about to return.
func (s *ServerStream) Done() { s.on.running.Add(-1) }

func (c *Server) arrived(st *stream, waiting int, end bool) {
	s := st.server
	switch {
	case !s.whole || s.started:
		st.notify()
	case st.gone.Load(): // reset: nobody has begun with it
	case end || waiting > 1:
		if !end {
			s.awaken()
		}
		c.run(s)
	}
}

func (c *Server) settled() {
	c.patient.Stop()
	c.patient = nil
}

// goAway of a client: it will close the connection when it has its answers.
func (c *Server) goAway(uint32, ErrCode, string) {}

func (c *Server) closed(error) {
	if c.patient != nil {
		c.patient.Stop()
	}
	if c.onEnd != nil {
		c.onEnd(c)
	}
}
