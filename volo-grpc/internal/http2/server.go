package http2

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/worker"
	"golang.org/x/net/http/httpguts"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
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
	patient *time.Timer // for the preface and the first settings; see Config.Handshake

	// Owner is the handler's; set before anything arrives.
	Owner any

	running atomic.Int64 // handlers
}

// NewServer makes the server's side of tc. onEnd, if not nil, is called once
// when the connection is over.
func NewServer(tc *transport.Conn, cfg Config, h Handler, workers *worker.Pool[*ServerStream], onEnd func(*Server)) *Server {
	c := &Server{handler: h, workers: workers, onEnd: onEnd}
	c.server = true
	c.init(tc, cfg, c)
	c.preface = []byte(xhttp2.ClientPreface)
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

// Drain ends the connection in order: the peer is told to open no more
// streams, those it has already sent are served, and after the last one the
// connection is closed (RFC 9113, section 6.8).
func (c *Server) Drain() { c.drain() }

// Close ends the connection at once.
func (c *Server) Close() { c.closeWith(ErrClosed) }

// A ServerStream is one call. Its fields are set before Begin. One goroutine
// sends and one receives at a time.
type ServerStream struct {
	stream
	on *Server

	Method, Path, Authority string
	ContentType             string
	Timeout                 string // grpc-timeout
	Encoding                string // grpc-encoding
	AcceptEncoding          string // grpc-accept-encoding
	Fields                  []Field

	// Data is the handler's.
	Data any

	length  int64 // content-length, -1 if there is none
	whole   bool
	started bool
}

// Conn returns the connection of the stream.
func (s *ServerStream) Conn() *Server { return s.on }

// Recv returns the next message; after the last one io.EOF.
func (s *ServerStream) Recv(until Bound) (Message, error) { return s.recv(until) }

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

// Finish ends the response with trailers, after a head (unless nil) and a last
// body, in one write if the windows allow. The stream is over then.
func (s *ServerStream) Finish(head *Block, headFields []Field, body []byte, tail *Block, tailFields []Field, until Bound) error {
	_, err := s.send(&outgoing{head: head, headFields: headFields, body: body, tail: tail, tailFields: tailFields}, until, false)
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
	c.orderly++
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

// headers takes the head of a request, or its trailers.
func (c *Server) headers(id uint32, fields []hpack.HeaderField, over, end bool) error {
	if id&1 == 0 {
		return protocolError("HEADERS on stream %d", id)
	}
	if id <= c.newest {
		if st := c.lookup(id); st != nil {
			return c.trailers(st, fields, end)
		}
		if c.resets.has(id) {
			return c.cheap()
		}
		return &ConnError{Code: StreamClosed, Reason: "HEADERS on closed stream " + strconv.Itoa(int(id))}
	}
	c.newest = id
	s := &ServerStream{on: c}
	if over {
		return c.refuseHead(id)
	}
	if bad := s.read(fields); bad != "" {
		return &streamError{id, ProtocolError, bad}
	}
	s.init(&c.conn)
	s.id, s.stream.server, s.declared = id, s, s.length
	if end {
		s.gotEnd, s.ended = true, true
		if s.declared > 0 {
			return &streamError{id, ProtocolError, "content-length without content"}
		}
	}
	if refused, err := c.admit(s); err != nil || refused {
		return err
	}
	c.useful++
	c.hot = &s.stream
	if s.whole = c.handler.Begin(s); !s.whole {
		s.awaken()
	}
	if !s.whole || end {
		c.run(s)
	}
	return nil
}

// admit puts a new stream on the table, unless there are too many or the
// connection is going away.
func (c *Server) admit(s *ServerStream) (refused bool, err error) {
	if c.clock.IsZero() {
		c.clock = time.Now()
	}
	s.born, s.window = c.clock, c.initial
	c.mu.Lock()
	away := c.away
	// Streams that were reset while their handlers run count as well, or
	// resetting them would be a way around the limit.
	full := uint32(len(c.streams)) >= c.cfg.MaxConcurrentStreams || c.running.Load() >= 2*int64(c.cfg.MaxConcurrentStreams)
	if !away && !full {
		c.streams[s.id] = &s.stream
		c.begun = s.id
		c.open.Add(1)
	}
	c.mu.Unlock()
	switch {
	case away: // over the id of our GOAWAY: the peer opens it elsewhere
		c.resets.add(s.id)
		return true, nil
	case full:
		return true, &streamError{s.id, RefusedStream, "too many streams"}
	}
	return false, nil
}

// refuseHead answers a head that is over the limit: 431, as the semantics of
// HTTP have it.
func (c *Server) refuseHead(id uint32) error {
	c.resets.add(id)
	err := c.reply(func(b []byte) []byte {
		b, at := openHeaders(b)
		b = c.enc.begin(b)
		b = c.enc.field(b, ":status", "431")
		b = closeHeaders(b, at, id, true, c.maxFrame)
		return appendReset(b, id, NoError)
	})
	if err != nil {
		return err
	}
	return c.wasted()
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

// read sorts the fields of a request; it returns what is wrong with them.
func (s *ServerStream) read(fields []hpack.HeaderField) (bad string) {
	declared := int64(-1)
	scheme, pseudo := "", true
	host := ""
	for i := range fields {
		f := &fields[i]
		if f.IsPseudo() {
			var to *string
			switch f.Name {
			case ":method":
				to = &s.Method
			case ":path":
				to = &s.Path
			case ":scheme":
				to = &scheme
			case ":authority":
				to = &s.Authority
			}
			if to == nil || !pseudo || *to != "" {
				return "unexpected pseudo field " + f.Name
			}
			if !httpguts.ValidHeaderFieldValue(f.Value) {
				return "invalid value of " + f.Name
			}
			*to = f.Value
			continue
		}
		pseudo = false
		if bad := checkField(f); bad != "" {
			return bad
		}
		switch f.Name {
		case "content-type":
			s.ContentType = f.Value
		case "grpc-timeout":
			s.Timeout = f.Value
		case "grpc-encoding":
			s.Encoding = f.Value
		case "grpc-accept-encoding":
			s.AcceptEncoding = f.Value
		case "te":
		case "host":
			host = f.Value
		case "content-length":
			n, err := strconv.ParseInt(f.Value, 10, 64)
			if err != nil || n < 0 {
				return "invalid content-length"
			}
			declared = n
		default:
			s.Fields = append(s.Fields, Field{f.Name, f.Value})
		}
	}
	if s.Method == "" || s.Path == "" || scheme == "" {
		return "a pseudo field is missing"
	}
	if s.Authority == "" {
		s.Authority = host
	}
	s.length = declared
	return ""
}

func (c *Server) trailers(st *stream, fields []hpack.HeaderField, end bool) error {
	switch {
	case st.gotEnd:
		return &streamError{st.id, StreamClosed, "HEADERS after the end"}
	case !end:
		return &streamError{st.id, ProtocolError, "trailers without END_STREAM"}
	}
	for i := range fields {
		if fields[i].IsPseudo() {
			return &streamError{st.id, ProtocolError, "pseudo field in trailers"}
		}
		if bad := checkField(&fields[i]); bad != "" {
			return &streamError{st.id, ProtocolError, bad}
		}
	}
	st.gotEnd = true
	var err error
	if st.assembly.partial() {
		err = &ResetError{Code: InternalError, Reason: "the request ended within a message"}
	}
	if st.declared >= 0 && st.declared != st.gotData {
		return &streamError{st.id, ProtocolError, "content-length does not match"}
	}
	c.useful++
	c.arrived(st, st.push(nil, 0, true, err), true)
	return nil
}

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

func (c *Server) settled() { c.patient.Stop() }

// goAway of a client: it will close the connection when it has its answers.
func (c *Server) goAway(uint32, ErrCode, string) {}

func (c *Server) closed(error) {
	c.patient.Stop()
	if c.onEnd != nil {
		c.onEnd(c)
	}
}
