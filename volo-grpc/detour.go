package vologrpc

import (
	"context"
	"crypto/tls"
	"slices"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// This file is the junction of a [ServerStream]: gRPC over our own transport
// goes straight to package http2, everything else takes a detour.
//
//	gRPC on our transport ───────────────────► http2.ServerStream
//	gRPC-Web on our transport ─► webStream ──► http2.ServerStream
//	gRPC, gRPC-Web on net/http ─► httpCall ──► http.ResponseWriter

// A detour is what a call has that does not come as gRPC over our own
// transport.
type detour struct {
	carrier
	head  *http2.RequestHead
	conn  *serverConn
	tls   *tls.ConnectionState // nil if the call came in clear
	route *route               // nil if there is no such method

	// What net/http knows of a call; zero otherwise.
	parent   context.Context
	deadline time.Time
}

// A carrier moves the messages of one call. One goroutine receives and one
// sends at a time; onEnd may be called by anybody. Its errors are those of
// package http2.
type carrier interface {
	// recv returns the next message; after the last one io.EOF.
	recv(until http2.Bound) (http2.Message, error)
	// send sends messages in their envelopes, after the head if this begins
	// the answer. It keeps nothing.
	send(begins bool, head []http2.Field, body []byte, until http2.Bound) error
	// finish ends the answer with trailers, which have the status.
	finish(begins bool, head []http2.Field, body []byte, trailer []http2.Field)
	// onEnd arranges for f to be called if the caller goes or is cut off before
	// the call is over.
	onEnd(f func(error))
}

// head returns what the request began with.
func (s *ServerStream) head() *http2.RequestHead {
	if s.detour != nil {
		return s.detour.head
	}
	return &s.st.RequestHead
}

// route returns where the call goes, nil if nowhere.
func (s *ServerStream) route() *route {
	if s.detour != nil {
		return s.detour.route
	}
	r, _ := s.st.Data.(*route)
	return r
}

// reroute sets where the call goes.
func (s *ServerStream) reroute(r *route) {
	if s.detour != nil {
		s.detour.route = r
		return
	}
	s.st.Data = r
}

// conn returns what the call has in common with others.
func (s *ServerStream) conn() *serverConn {
	if s.detour != nil {
		return s.detour.conn
	}
	return s.st.Conn().Owner.(*serverConn)
}

func (s *ServerStream) tls() *tls.ConnectionState {
	if s.detour != nil {
		return s.detour.tls
	}
	return s.st.Conn().Transport().TLS()
}

// next receives a message.
func (s *ServerStream) next() (http2.Message, error) {
	until := http2.Bound{Deadline: s.call.Info.Deadline}
	if s.detour != nil {
		return s.detour.recv(until)
	}
	return s.st.Recv(until)
}

// transmit sends messages in their envelopes, after the head unless that is
// nil.
func (s *ServerStream) transmit(head *http2.Block, fields []http2.Field, body []byte, flush bool) error {
	until := http2.Bound{Deadline: s.call.Info.Deadline}
	if s.detour != nil {
		return s.detour.send(head != nil, fields, body, until)
	}
	return s.st.Send(head, fields, body, flush, until)
}

// depart ends the answer by a detour. The status is in trailer.
func (d *detour) depart(head *http2.Block, fields []http2.Field, body []byte, trailer []http2.Field, status ...http2.Field) {
	// A copy: callers keep their trailers on the stack, for the way that is
	// no detour.
	d.finish(head != nil, fields, body, append(slices.Clone(trailer), status...))
}

// onEnd arranges for f to be called if the caller goes before the end.
func (s *ServerStream) onEnd(f func(error)) {
	if s.detour != nil {
		s.detour.onEnd(f)
		return
	}
	s.st.OnEnd(f)
}
