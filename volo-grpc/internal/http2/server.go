package http2

import (
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/worker"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A Handler serves the streams of a connection.
type Handler interface {
	// Begin is called by the reader, which it must not hold up, when the head
	// of a request has arrived. It reports whether Run waits for the whole
	// request, as it does for unary calls; otherwise Run starts at once.
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

	// Guarded by conn.mu.
	draining bool
	last     bool   // the last GOAWAY was sent: newer streams are not ours
	begun    uint32 // id of the newest stream that was admitted
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

func (c *conn) drain() {
	s, ok := c.side.(*Server)
	if !ok {
		return
	}
	c.mu.Lock()
	begun := s.draining
	s.draining = true
	c.mu.Unlock()
	if begun {
		return
	}
	// What the peer sends until it has seen this is still served; its answer
	// to the ping shows when.
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(appendGoAway(b, math.MaxInt32, NoError, "graceful_stop"))
	}
	c.sendPing(pingGoAway)
	time.AfterFunc(time.Second, c.lastGoAway)
}

// lastGoAway is the second step of drain.
func (c *conn) lastGoAway() {
	s := c.side.(*Server)
	b, err := c.w.BeginNow()
	if err != nil {
		return
	}
	if c.goodbye {
		c.w.EndAsync(b)
		return
	}
	c.goodbye = true
	c.mu.Lock()
	s.last = true
	newest := s.begun
	idle := len(c.streams) == 0
	c.mu.Unlock()
	b = appendGoAway(b, newest, NoError, "graceful_stop")
	if idle {
		c.w.EndAsync(b)
		c.w.Flush() // must be out before the connection closes
		c.tc.Close()
		return
	}
	c.w.EndAsync(b)
}

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
	if err != nil && s.failed() == nil {
		s.Reset(Cancel) // half a response must not look as if more would come
	}
	s.close()
	return err
}

// Reset ends the stream out of order.
func (s *ServerStream) Reset(code ErrCode) {
	s.on.reset(s.id, code, "")
}

// close takes a stream off the table whose response is complete. If the
// request is not, the peer is told not to go on with it.
func (s *ServerStream) close() {
	c := s.on
	s.mu.Lock()
	ended := s.ended
	s.mu.Unlock()
	if c.take(s.id) != nil && !ended {
		c.resets.add(s.id)
		if b, err := c.w.BeginNow(); err == nil {
			c.w.EndAsync(appendReset(b, s.id, NoError))
		}
	}
	c.repay(&s.stream, true)
	c.progress.Add(1)
	c.closeIfDrained()
}

// closeIfDrained closes a connection that was drained after its last stream.
func (c *Server) closeIfDrained() {
	c.mu.Lock()
	over := c.last && len(c.streams) == 0
	c.mu.Unlock()
	if !over {
		return
	}
	// The last response must be out first.
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(b)
	}
	c.w.Flush()
	c.tc.Close()
}

// headers takes the head of a request, or its trailers.
func (c *Server) headers(id uint32, fields []hpack.HeaderField, over, end bool) error {
	if id&1 == 0 {
		return protocolError("HEADERS on stream %d", id)
	}
	if st := c.lookup(id); st != nil {
		return c.trailers(st, fields, end)
	}
	if id <= c.newest {
		if c.resets.has(id) {
			return c.guard.cheap()
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
	s.whole = c.handler.Begin(s)
	if !s.whole || end {
		c.run(s)
	}
	return nil
}

// admit puts a new stream on the table, unless there are too many or the
// connection is going away.
func (c *Server) admit(s *ServerStream) (refused bool, err error) {
	b, err := c.w.BeginNow()
	if err != nil {
		return true, nil
	}
	defer func() { c.w.EndAsync(b) }()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last {
		c.resets.add(s.id)
		return true, nil // over the id of our GOAWAY: the peer opens it elsewhere
	}
	// Streams that were reset while their handlers run count as well, or
	// resetting them would be a way around the limit.
	if uint32(len(c.streams)) >= c.cfg.MaxConcurrentStreams || c.running.Load() >= 2*int64(c.cfg.MaxConcurrentStreams) {
		c.resets.add(s.id)
		b = appendReset(b, s.id, RefusedStream)
		return true, c.guard.reset()
	}
	s.window = c.initial
	c.streams[s.id] = &s.stream
	c.begun = s.id
	c.open.Add(1)
	return false, nil
}

// refuseHead answers a head that is over the limit: 431, as the semantics of
// HTTP have it.
func (c *Server) refuseHead(id uint32) error {
	b, err := c.w.BeginNow()
	if err != nil {
		return nil
	}
	b, at := openHeaders(b)
	b = c.enc.begin(b)
	b = c.enc.field(b, ":status", "431")
	b = closeHeaders(b, at, id, true, c.maxFrame)
	c.resets.add(id)
	c.w.EndAsync(appendReset(b, id, NoError))
	return nil
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
func (s *ServerStream) Done() {
	s.on.running.Add(-1)
	if s.failed() != nil {
		s.on.closeIfDrained() // else Finish has
	}
}

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
	st.push(nil, true, err)
	c.arrived(st, true)
	return nil
}

func (c *Server) arrived(st *stream, end bool) {
	s := st.server
	switch {
	case !s.whole:
		st.notify()
	case end || st.several():
		c.run(s)
		st.notify()
	}
}

func (c *Server) settled() { c.patient.Stop() }

// goAway of a client: it will close the connection when it has its answers.
func (c *Server) goAway(uint32, ErrCode, string) {}

func (c *Server) closed(error) {
	c.keeper.stop()
	c.patient.Stop()
	if c.onEnd != nil {
		c.onEnd(c)
	}
}
