package vologrpc

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// ServeHTTP makes the server a handler of net/http: for those who have an
// [http.Server] already, whose port, middleware and TLS their gRPC services
// are to share. Calls pass the same layers to the same handlers. gRPC needs
// HTTP/2, full duplex included; gRPC-Web, if [WithWeb] asks for it, takes
// HTTP/1.1 as well.
//
// A small unary call costs more than three times what it does with
// [Server.Serve], both sides together. What that knows of connections does not
// hold: keepalive, windows, limits of header lists and of connections are the
// [http.Server]'s to set, time-outs of headers above all. Its ReadTimeout and
// WriteTimeout would end long streams. Values of the request's context are
// there for handlers and layers.
//
// [Server.Shutdown] waits for calls that came this way and refuses further
// ones; [Server.Close] cuts them off.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := headOfHTTP(r)
	form := s.web.formOf(head)
	switch {
	case form == nil && (r.Method != http.MethodPost || !isGRPC(head.ContentType)):
		status, fields := s.web.refuse(head)
		answerHTTP(w, status.Fields, fields)
		return
	case form == nil && r.ProtoMajor < 2:
		http.Error(w, "gRPC needs HTTP/2", http.StatusHTTPVersionNotSupported)
		return
	}
	call := newHTTPCall(s, w, r, form, head)
	defer call.leave()
	if !s.admit(call, call.own != nil) {
		call.finish(true, nil, nil, appendStatus(nil, &Error{Code: Unavailable, Message: ErrServerClosed.Error()}))
		return
	}
	defer s.dismiss(call)
	s.serve(nil, s.wayOf(call))
}

// wayOf returns the detour of a call.
func (s *Server) wayOf(call *httpCall) *detour {
	ctx := call.r.Context()
	way := &detour{
		carrier: call,
		head:    call.head,
		route:   s.router.routes[call.head.Path],
		tls:     call.r.TLS,
		// Its end is told by onEnd, with the reason.
		parent: context.WithoutCancel(ctx),
	}
	way.deadline, _ = ctx.Deadline()
	if own := call.own; own != nil {
		way.conn, way.tls, way.parent = &own.facts, own.tls, s.base
		return way
	}
	way.conn = &serverConn{remote: rpc.TCP(call.r.RemoteAddr)}
	if local, ok := ctx.Value(http.LocalAddrContextKey).(net.Addr); ok {
		way.conn.local = rpc.AddressOf(local)
		if way.conn.local.Network() == "unix" {
			way.conn.remote = rpc.Unix(call.r.RemoteAddr)
		}
	}
	return way
}

// admit counts a call of net/http in, unless the server ends. One of our own
// connections is served until that is over.
func (s *Server) admit(call *httpCall, own bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || s.draining && !own {
		return false
	}
	s.serving = true
	s.guests[call] = struct{}{}
	s.lastCall = time.Now()
	return true
}

func (s *Server) dismiss(call *httpCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.guests, call)
	s.checkEmpty()
}

// headOfHTTP returns what a request of net/http began with, as our own
// transport has it.
func headOfHTTP(r *http.Request) *http2.RequestHead {
	h := &http2.RequestHead{Method: r.Method, Path: r.URL.Path, Authority: r.Host}
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := r.Header[name]
		if len(values) == 0 {
			continue
		}
		switch lower := strings.ToLower(name); lower {
		case "content-type":
			h.ContentType = values[0]
		case "grpc-timeout":
			h.Timeout = values[0]
		case "grpc-encoding":
			h.Encoding = values[0]
		case "grpc-accept-encoding":
			h.AcceptEncoding = strings.Join(values, ",")
		default:
			for _, v := range values {
				h.Fields = append(h.Fields, http2.Field{Name: lower, Value: v})
			}
		}
	}
	return h
}

// answerHTTP answers with a status, which is the first of the fields, and no
// content.
func answerHTTP(w http.ResponseWriter, status, more []http2.Field) {
	code := 0
	for _, f := range slices.Concat(status, more) {
		if f.Name == ":status" {
			code, _ = strconv.Atoi(f.Value) // ours
			continue
		}
		w.Header().Add(f.Name, f.Value)
	}
	w.WriteHeader(code)
}
