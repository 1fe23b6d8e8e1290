package vologrpc

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A ServerStream is the server's side of a call. One goroutine sends and one
// receives at a time. It must not be used once the handler has returned.
type ServerStream struct {
	st     *http2.ServerStream // nil for calls of net/http
	detour *detour             // nil for gRPC on our own transport
	server *Server
	call   *Request
	body   *scratch // the one answer, which goes out with the trailers

	sends atomic.Int32 // since the last Recv
	count int32        // messages received

	// Compressions, as numbers of the server's: of what is received, and of
	// what is sent.
	in, out uint8

	headSent atomic.Bool // written under mu
	mu       sync.Mutex
	more     atomic.Pointer[streamExtras] // nil if there are none; what is in it is guarded by mu
}

// streamExtras are what most calls have no use for.
type streamExtras struct {
	header, trailer Metadata // to be sent
	events          []StreamEvents
	done            []func()
}

// extras returns the extras, which it makes if there are none. The caller
// holds mu.
func (s *ServerStream) extras() *streamExtras {
	x := s.more.Load()
	if x == nil {
		x = new(streamExtras)
		s.more.Store(x)
	}
	return x
}

// observers returns who wants to know of messages.
func (s *ServerStream) observers() []StreamEvents {
	x := s.more.Load()
	if x == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return x.events
}

// Request returns the call that the stream belongs to.
func (s *ServerStream) Request() *Request { return s.call }

// Observe adds e to what is called. Layers call it before they pass the
// request on.
func (s *ServerStream) Observe(e StreamEvents) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.extras()
	x.events = append(x.events, e)
}

// Recv receives a message into m, which is new. After the last one it returns
// io.EOF.
func (s *ServerStream) Recv(m proto.Message) error {
	s.sends.Store(0)
	var in http2.Message
	var err error
	if s.detour == nil { // next, with a frame less on the stack of who waits
		in, err = s.st.Recv(http2.Bound{Deadline: s.call.Info.Deadline})
	} else {
		in, err = s.next()
	}
	if err != nil {
		if err == io.EOF && s.count == 0 && !s.call.Method.Kind.manyRequests() {
			return errNoRequest
		}
		return s.failed(err)
	}
	if s.count++; s.count > 1 && !s.call.Method.Kind.manyRequests() {
		return errManyRequests
	}
	s.call.Info.Stats.ReceivedBytes += len(in.Data) + http2.EnvelopeSize
	o := &s.server.o
	if err := o.decodeMessage(in, m, o.compressors.at(s.in), o.maxReceive); err != nil {
		return err
	}
	if !s.call.Method.Kind.manyRequests() {
		if err := s.last(); err != nil {
			return err
		}
	}
	received(s.observers(), m)
	return nil
}

// last makes sure that no message follows the one of a call that has one.
func (s *ServerStream) last() error {
	switch _, err := s.next(); err {
	case io.EOF:
		return nil
	case nil:
		return errManyRequests
	default:
		return s.failed(err)
	}
}

// failed makes a status of what package http2 says.
func (s *ServerStream) failed(err error) error {
	var size *http2.SizeError
	switch {
	case err == io.EOF:
		return err
	case errors.As(err, &size):
		return overLimit("WithMaxReceiveSize", s.server.o.maxReceive, size.Size)
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: DeadlineExceeded, Message: "the deadline has passed", Err: err}
	}
	e := &Error{Code: codeOf(err), Message: err.Error(), Err: err}
	var reset *http2.ResetError
	if errors.As(err, &reset) && reset.Remote {
		e.Code, e.Err = Canceled, ErrPeerGone
	}
	return e
}

// Send sends a message. It waits while the peer takes no more. The one answer
// of a client streaming call goes out when the handler returns.
func (s *ServerStream) Send(m proto.Message) error {
	if !s.call.Method.Kind.manyAnswers() {
		err := s.sendOne(m)
		if err == nil {
			sent(s.observers(), m)
		}
		return err
	}
	buf := scratches.Get().(*scratch)
	defer buf.release()
	var err error
	if buf.b, err = appendMessage(buf.b, m, s.server.o.compressors.at(s.out), s.server.o.maxSend); err != nil {
		return err
	}
	head, fields := s.header()
	s.call.Info.Stats.SentBytes += len(buf.b)
	// Who sends twice in a row is not waiting for an answer: the write may be
	// somebody else's.
	flush := s.sends.Add(1) == 1
	if err := s.transmit(head, fields, buf.b, flush); err != nil {
		return s.failed(err)
	}
	sent(s.observers(), m)
	return nil
}

var errAnswered = &Error{Code: Internal, Message: "the handler has sent a second answer"}

// sendOne keeps the one answer for the end.
func (s *ServerStream) sendOne(m proto.Message) error {
	if s.body != nil {
		return errAnswered
	}
	if m == nil || isNil(m) {
		return errNoAnswer
	}
	buf := scratches.Get().(*scratch)
	var err error
	if buf.b, err = appendMessage(buf.b, m, s.server.o.compressors.at(s.out), s.server.o.maxSend); err != nil {
		buf.release()
		return err
	}
	s.body = buf
	if s.server.o.timePhases {
		s.call.Info.Stats.EncodeDone = time.Since(s.call.Info.Stats.Start)
	}
	return nil
}

// header returns the head of the response, which the caller sends; nil if it
// was sent.
func (s *ServerStream) header() (*http2.Block, []http2.Field) {
	if s.headSent.Load() {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.headSent.Swap(true) {
		return nil, nil
	}
	var header Metadata
	if x := s.more.Load(); x != nil {
		header = x.header
	}
	encoded := s.head().Encoding != ""
	if s.out == 0 && len(header) == 0 && s.in == 0 && !encoded {
		return okHead, nil
	}
	var fields []http2.Field
	if s.out != 0 {
		fields = append(fields, http2.Field{Name: "grpc-encoding", Value: s.server.o.compressors.at(s.out).Name()})
	}
	if encoded {
		fields = append(fields, http2.Field{Name: "grpc-accept-encoding", Value: s.server.accepts})
	}
	fields, _ = appendMetadata(fields, header) // was checked
	return okHead, fields
}

var errHeaderSent = errors.New("vologrpc: the header has been sent")

// SetHeader adds pairs to the metadata that the answer begins with: key,
// value, key, value. It fails once that was sent, and for keys and values that
// cannot be.
func (s *ServerStream) SetHeader(pairs ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.headSent.Load() {
		return errHeaderSent
	}
	x := s.extras()
	m := x.header.With(pairs...)
	fields, err := appendMetadata(nil, m)
	if err == nil {
		err = s.fits(okHead, fields)
	}
	if err != nil {
		return err
	}
	x.header = m
	return nil
}

// SendHeader sends the metadata that the answer begins with, now.
func (s *ServerStream) SendHeader() error {
	head, fields := s.header()
	if head == nil {
		return errHeaderSent
	}
	if err := s.transmit(head, fields, nil, true); err != nil {
		return s.failed(err)
	}
	return nil
}

// SetTrailer adds pairs to the metadata that the answer ends with. Keys and
// values that cannot be sent fail the call.
func (s *ServerStream) SetTrailer(pairs ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.extras()
	x.trailer = x.trailer.With(pairs...)
}

// TLS returns the state of the connection that the call of a handler came
// over; nil if it is not encrypted, and outside a handler.
func TLS(ctx context.Context) *tls.ConnectionState {
	if s := streamOf(ctx); s != nil {
		return s.tls()
	}
	return nil
}
