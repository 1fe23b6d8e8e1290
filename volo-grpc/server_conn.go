package vologrpc

import (
	"context"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// Map of this file: dispatcher, which package http2 tells of calls; serve and
// its parts, which check a call and take it through the stack; answer and its
// parts, which end it.

// A serverConn is what all calls of one connection have in common.
type serverConn struct {
	local, remote rpc.Address
}

// A dispatcher is a [Server] as package http2 sees it.
type dispatcher struct{ *Server }

// Begin finds the method of a call. Requests of one message are waited for.
func (d dispatcher) Begin(st *http2.ServerStream) (whole bool) {
	if st.Method != http.MethodPost || !isGRPC(st.ContentType) && !d.beginWeb(st) {
		return false // is refused
	}
	r := d.router.routes[st.Path]
	if r == nil {
		return false
	}
	st.Data = r
	return !r.method.Kind.manyRequests()
}

// Run serves a call on a worker.
func (d dispatcher) Run(st *http2.ServerStream) {
	defer st.Done()
	var way *detour
	if st.Method != http.MethodPost || !isGRPC(st.ContentType) {
		if way = d.web.open(st); way == nil {
			return // was answered
		}
	}
	d.serve(st, way)
}

// A serverCall is what the server keeps of one call, in one allocation.
type serverCall struct {
	req    Request
	stream ServerStream
}

// serve takes a call through the stack: one of st, or of another way.
func (s *Server) serve(st *http2.ServerStream, way *detour) {
	call := &serverCall{}
	stream, req := &call.stream, &call.req
	stream.st, stream.detour, stream.server, stream.call = st, way, s, req
	defer s.end()
	if !s.begin() {
		stream.answer(nil, Refusef(ResourceExhausted, 0, "%d calls are being handled, no more are taken (see WithMaxRequests)", s.o.maxRequests))
		return
	}
	if err := s.prepare(stream, req); err != nil {
		stream.answer(nil, err)
		return
	}
	resp, err := (*Response)(nil), error(errExited)
	defer func() { s.conclude(stream, resp, err) }() // of a handler that has ended its goroutine, too
	resp, err = s.stack.Call((*callContext)(req), req)
}

// errExited is the answer of a handler that has called runtime.Goexit.
var errExited = &Error{Code: Internal, Message: "the handler has ended its goroutine"}

// conclude answers with what the stack has returned. That is the user's: a
// method of an error or a message may panic, a nil pointer's for instance, which
// is a panic of the handler although it has returned.
func (s *Server) conclude(stream *ServerStream, resp *Response, err error) {
	ctx := (*callContext)(stream.call)
	defer func() {
		if v := recover(); v != nil {
			stream.body = nil
			stream.answer(nil, s.panicked(ctx, recovery.Panic{Value: v, Stack: debug.Stack()}))
		}
		ctx.finish()
		stream.done()
	}()
	stream.answer(resp, err)
}

// The answers to what is not gRPC (gRPC over HTTP2, "Requests").
var (
	notPOST = &http2.Block{Fields: []http2.Field{{Name: ":status", Value: "405"}, {Name: "allow", Value: "POST"}}}
	notGRPC = &http2.Block{Fields: []http2.Field{{Name: ":status", Value: "415"}}}
)

// refuseHTTP returns the answer to a request that is not gRPC.
func refuseHTTP(method string) *http2.Block {
	if method != http.MethodPost {
		return notPOST
	}
	return notGRPC
}

// prepare fills in what a call needs to pass the stack.
func (s *Server) prepare(stream *ServerStream, req *Request) error {
	r, unknown := stream.route(), false
	if r == nil {
		path := stream.head().Path
		if s.o.unknown == nil {
			return s.router.unknown(path)
		}
		r = s.unknownRoute(path)
		stream.reroute(r)
		unknown = true
	}
	conn := stream.conn()
	req.Info = rpc.Info{
		Role:       rpc.Server,
		Service:    r.method.Service,
		Method:     r.method.Name,
		Unknown:    unknown,
		Idempotent: r.method.Idempotent,
		Caller:     rpc.Endpoint{Address: conn.remote},
		Callee:     rpc.Endpoint{Service: r.method.Service, Address: conn.local},
		Stats:      rpc.Stats{Start: time.Now()},
	}
	if s.o.name != "" {
		req.Info.Callee.Service = s.o.name
	}
	req.Method, req.parent, req.stream = r.method, s.base, stream
	if way := stream.detour; way != nil && way.parent != nil {
		req.parent, req.Info.Deadline = way.parent, way.deadline
	}
	if err := s.readHead(stream, req); err != nil {
		return err
	}
	if r.method.Kind != Unary {
		return nil
	}
	return stream.request(req)
}

// readHead reads what the header fields of a request say.
func (s *Server) readHead(stream *ServerStream, req *Request) error {
	st := stream.head()
	if st.Timeout != "" {
		d, ok, err := parseTimeout(st.Timeout)
		if err != nil {
			return &Error{Code: Internal, Message: err.Error() + " " + strconv.Quote(st.Timeout)}
		}
		if ok {
			req.bound(req.Info.Stats.Start.Add(d))
		}
	}
	var ok bool
	if stream.in, ok = s.o.compressors.number(st.Encoding); !ok {
		return &Error{Code: Unimplemented, Message: "grpc-encoding " + strconv.Quote(st.Encoding) + " is not understood, only " + s.accepts}
	}
	// An answer is compressed as its request was, if the peer says that it
	// understands.
	if stream.in != 0 && accepts(st.AcceptEncoding, s.o.compressors.at(stream.in).Name()) {
		stream.out = stream.in
	}
	if len(st.Fields) > 0 {
		var err error
		if req.Metadata, err = readMetadata(st.Fields); err != nil {
			return &Error{Code: Internal, Message: err.Error()}
		}
		var in metainfo.Incoming
		for _, p := range req.Metadata {
			in.AddHTTP(p.Key, p.Value)
		}
		req.metadata = in.Metadata()
	}
	if d := req.Info.Deadline; !d.IsZero() && !time.Now().Before(d) {
		return &Error{Code: DeadlineExceeded, Message: "the deadline had passed when the call arrived"}
	}
	return nil
}

// request receives the one request of a unary call.
func (stream *ServerStream) request(req *Request) error {
	m := req.Method.NewRequest()
	if err := stream.Recv(m); err != nil {
		if err == io.EOF {
			err = errNoRequest
		}
		return err
	}
	req.Message = m
	if stream.server.o.timePhases {
		req.Info.Stats.DecodeDone = time.Since(req.Info.Stats.Start)
	}
	return nil
}

var (
	errNoRequest    = &Error{Code: Unimplemented, Message: "the call has no request message"}
	errManyRequests = &Error{Code: Unimplemented, Message: "the call has several request messages"}
	errNoAnswer     = &Error{Code: Internal, Message: "the handler returned neither a message nor an error"}
)

// unknownRoute makes the route of a method that no service has.
func (s *Server) unknownRoute(path string) *route {
	service, method, _ := split(path)
	return &route{method: &Method{
		Service: service,
		Name:    method,
		Kind:    BidiStreaming,
		Serve: func(ctx context.Context, _ any, stream *ServerStream) error {
			return s.o.unknown(ctx, stream)
		},
	}}
}

// The header blocks that answers are made of.
var (
	okHead = &http2.Block{Fields: []http2.Field{
		{Name: ":status", Value: "200"}, {Name: "content-type", Value: "application/grpc"},
	}}
	okTail = &http2.Block{Fields: []http2.Field{{Name: "grpc-status", Value: "0"}}}
	noTail = &http2.Block{}
)

// answer ends a call, in one write: with resp, the message of a unary call, or
// with the status that err means.
func (s *ServerStream) answer(resp *Response, err error) {
	if err == nil {
		err = s.complete(resp)
	}
	var trailer Metadata
	if x := s.more.Load(); x != nil {
		s.mu.Lock()
		trailer = x.trailer
		s.mu.Unlock()
	}
	var room [8]http2.Field
	fields, bad := s.appendTrailer(room[:0], trailer)
	if bad == nil {
		bad = s.fits(okTail, fields)
	}
	if bad != nil && err == nil {
		err = &Error{Code: Internal, Message: bad.Error()}
	}
	if err != nil {
		s.refuse(fields, statusOf(err))
		return
	}
	head, headFields := s.header()
	var body []byte
	var until http2.Bound
	if s.body != nil {
		defer s.body.release()
		body = s.body.b
		until.Deadline = s.call.Info.Deadline // trailers alone wait for nobody
		s.call.Info.Stats.SentBytes = len(body)
	}
	if s.detour != nil {
		s.detour.depart(head, headFields, body, fields, okTail.Fields...)
		return
	}
	s.st.Finish(head, headFields, body, okTail, fields, until)
}

// complete makes sure that a call which went well has what it must answer.
func (s *ServerStream) complete(resp *Response) error {
	switch s.call.Method.Kind {
	case Unary:
		if resp == nil {
			return errNoAnswer
		}
		return s.sendOne(resp.Message)
	case ClientStreaming:
		if s.body == nil {
			return errNoAnswer
		}
	}
	return nil
}

// refuse ends a call with a status that is not OK: by one block of header
// fields if nothing was sent yet (gRPC over HTTP2, "Trailers-Only").
func (s *ServerStream) refuse(fields []http2.Field, status *Error) {
	s.server.failed.Add(1)
	if fields = appendStatus(fields, status); s.fits(nil, fields) != nil {
		fields = appendStatus(nil, status.brief())
	}
	head, headFields := s.header()
	if s.detour != nil {
		s.detour.depart(head, headFields, nil, fields)
		return
	}
	tail := noTail
	if head != nil && len(headFields) == 0 {
		head, tail = nil, head
	}
	s.st.Finish(head, headFields, nil, tail, fields, http2.Bound{})
}

// fits reports whether the client takes a header block of k, which may be nil,
// and fields.
func (s *ServerStream) fits(k *http2.Block, fields []http2.Field) error {
	if s.detour != nil {
		return nil // it is no block there
	}
	return s.st.Fits(k, fields)
}

// brief returns what is left of a status that its caller would not take.
func (e *Error) brief() *Error {
	const most = 1000
	return &Error{
		Code: e.Code, Message: strings.ToValidUTF8(e.Message[:min(len(e.Message), most)], "") + "…",
		Phase: e.Phase, Unsent: e.Unsent, pushback: e.pushback,
	}
}

// isNil reports whether m is a nil pointer to a message.
func isNil(m proto.Message) bool { return !m.ProtoReflect().IsValid() }

// appendStatus appends a status that is not OK.
func appendStatus(fields []http2.Field, e *Error) []http2.Field {
	fields = append(fields, http2.Field{Name: "grpc-status", Value: strconv.FormatUint(uint64(e.Code), 10)})
	if e.Message != "" {
		fields = append(fields, http2.Field{Name: "grpc-message", Value: escape(e.Message)})
	}
	if biz, ok := e.Err.(*BizError); ok {
		fields = biz.appendTo(fields)
	}
	if e.pushback != "" && e.Phase == 0 { // our own, not that of a peer of ours
		fields = append(fields, http2.Field{Name: pushbackKey, Value: e.pushback})
	}
	if e.Unsent && e.Phase == 0 {
		fields = append(fields, http2.Field{Name: unsentKey, Value: unsentValue})
	}
	if len(e.Details) > 0 {
		if packed, err := e.appendDetails(nil); err == nil {
			fields = append(fields, http2.Field{Name: "grpc-status-details-bin", Value: encodeBinary(packed)})
		}
	}
	return fields
}

// appendTrailer appends what the handler sends at the end.
func (s *ServerStream) appendTrailer(fields []http2.Field, trailer Metadata) ([]http2.Field, error) {
	if s.call.backward.Len() > 0 {
		for key, value := range s.call.backward.All() {
			fields = appendHTTP(fields, metainfo.KindBackward, key, value)
		}
	}
	if len(trailer) == 0 {
		return fields, nil
	}
	return appendMetadata(fields, trailer)
}
