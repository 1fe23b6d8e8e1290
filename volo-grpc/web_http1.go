package vologrpc

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	xhttp2 "golang.org/x/net/http2"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// Map of this file: sniffer, which tells HTTP/2 from HTTP/1.1; http1, the
// server of net/http that takes the connections of HTTP/1.1; http1Conn, one of
// them.
//
//	accept ─► sniffer ─┬─ "PRI " ──► http2.Server
//	                   └─ other ───► http1Conn ─► http.Server ─► Server.ServeHTTP

// A sniffer is a connection whose peer's protocol is not known at first. When
// it is, the sniffer does no more than pass on what arrives.
type sniffer struct {
	server  *Server
	conn    *transport.Conn
	patient *time.Timer

	// next is nil until the protocol is known. It is written under server.mu,
	// by Data, which may read it without.
	next  transport.ConnHandler
	ended bool // by us, before it was known; guarded by server.mu
}

// sniff takes a new connection. The caller holds s.mu.
func (s *Server) sniff(conn *transport.Conn) transport.ConnHandler {
	h := &sniffer{server: s, conn: conn}
	h.patient = time.AfterFunc(cmp.Or(s.o.http2.Handshake, defaultHandshake), h.Close)
	s.conns[h] = struct{}{}
	return h
}

// told is how many bytes of a preface tell: no method of HTTP begins so (RFC
// 9113, section 3.4).
const told = len("PRI ")

func (h *sniffer) Data(in []byte) (consumed, need int, err error) {
	if h.next != nil {
		return h.next.Data(in)
	}
	start := string(in[:min(len(in), told)])
	isHTTP2 := strings.HasPrefix(xhttp2.ClientPreface, start)
	if isHTTP2 && len(start) < told {
		return 0, told, nil
	}
	h.patient.Stop() // whoever comes next has patience of its own
	if !h.settle(isHTTP2) {
		return 0, 0, ErrServerClosed
	}
	return h.next.Data(in)
}

func (h *sniffer) Closed(err error) {
	if h.next != nil {
		h.next.Closed(err)
		return
	}
	h.patient.Stop()
	h.server.remove(h)
}

// Idle implements [transport.Idler].
func (h *sniffer) Idle() bool {
	h.server.mu.Lock()
	next, _ := h.next.(transport.Idler)
	h.server.mu.Unlock()
	return next == nil || next.Idle()
}

// Finished implements [transport.Finisher].
func (h *sniffer) Finished() bool {
	next, ok := h.next.(transport.Finisher)
	return ok && next.Finished()
}

// Drain closes the connection: nothing was begun on it.
func (h *sniffer) Drain() { h.Close() }

// Close closes the connection, unless it is the affair of who comes next.
func (h *sniffer) Close() {
	h.server.mu.Lock()
	h.ended = h.next == nil
	ended := h.ended
	h.server.mu.Unlock()
	if ended {
		h.conn.Close()
	}
}

// settle finds who comes next. It reports whether the connection is served any
// more.
func (h *sniffer) settle(isHTTP2 bool) bool {
	s := h.server
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.ended || s.over {
		return false
	}
	delete(s.conns, h)
	if isHTTP2 {
		h.next = s.serveHTTP2(h.conn)
		return true
	}
	c := s.web.http1.serve(h.conn)
	h.next, s.conns[c] = c, struct{}{}
	if s.draining {
		c.Drain()
	}
	return true
}

// An http1 is the server of net/http that carries gRPC-Web over HTTP/1.1, and
// the listener that it accepts from. It starts with its first connection.
type http1 struct {
	owner   *Server
	server  *http.Server
	start   func() // once
	drain   func() // once
	conns   chan net.Conn
	done    chan struct{} // closed when it ends
	end     func()        // once
	running sync.WaitGroup
}

// What package http2 and net/http would have for nothing.
const (
	defaultHandshake = 10 * time.Second
	defaultMetadata  = 64 << 10
	defaultIdle      = 2 * time.Minute
)

func newHTTP1(s *Server) *http1 {
	h := &http1{owner: s, conns: make(chan net.Conn), done: make(chan struct{})}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	h.server = &http.Server{
		Handler:           s,
		Protocols:         &protocols,
		ReadHeaderTimeout: cmp.Or(s.o.http2.Handshake, defaultHandshake),
		IdleTimeout:       cmp.Or(s.o.http2.Keepalive.MaxIdle, defaultIdle),
		MaxHeaderBytes:    cmp.Or(int(s.o.http2.MaxHeaderListSize), defaultMetadata),
		ErrorLog:          slog.NewLogLogger(s.o.logger.Handler(), slog.LevelWarn),
		ConnContext: func(ctx context.Context, nc net.Conn) context.Context {
			return context.WithValue(ctx, http1Key{}, nc.(http1Stream).http1Conn)
		},
		ConnState: func(nc net.Conn, state http.ConnState) {
			c := nc.(http1Stream)
			c.active.Store(state == http.StateActive)
			switch {
			case state == http.StateClosed:
				c.release()
			case state == http.StateIdle && c.old.Load():
				c.Close()
			}
		},
	}
	h.start = sync.OnceFunc(func() { h.running.Go(func() { h.server.Serve(h) }) })
	h.drain = sync.OnceFunc(func() { h.server.SetKeepAlivesEnabled(false) })
	h.end = sync.OnceFunc(func() { close(h.done) })
	return h
}

type http1Key struct{}

// http1Of returns the connection that a request came over, if it is one of
// ours.
func (s *Server) http1Of(ctx context.Context) *http1Conn {
	c, _ := ctx.Value(http1Key{}).(*http1Conn)
	if c == nil || c.on.owner != s {
		return nil
	}
	return c
}

// serve makes a connection of tc.
func (h *http1) serve(tc *transport.Conn) *http1Conn {
	h.start()
	c := &http1Conn{on: h, tc: tc, tls: tc.TLS(), facts: serverConn{local: tc.LocalAddress(), remote: tc.RemoteAddress()}}
	c.in, c.out = net.Pipe()
	c.holders.Store(1)
	if k := h.owner.config.Keepalive; k.MaxAge > 0 {
		c.aging = time.AfterFunc(math.MaxInt64, c.age) // which uses it
		c.aging.Reset(http2.Spread(k.MaxAge))
	}
	return c
}

// offer adds HTTP/1.1 to what cfg offers.
func (w *web) offer(cfg *tls.Config) *tls.Config {
	if w == nil || cfg == nil {
		return cfg
	}
	cfg = cfg.Clone()
	cfg.NextProtos = append(slices.Clip(cfg.NextProtos), "http/1.1")
	return cfg
}

// stop ends the server of net/http, all of whose connections are over or cut
// off.
func (w *web) stop() {
	if w == nil {
		return
	}
	h := w.http1
	h.server.Close()
	h.end()
	h.running.Wait()
}

// Accept implements [net.Listener].
func (h *http1) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// Close implements [net.Listener].
func (h *http1) Close() error {
	h.end()
	return nil
}

// Addr implements [net.Listener].
func (h *http1) Addr() net.Addr { return netAddr{} }

// An http1Conn is a connection of HTTP/1.1 as package transport and the
// [Server] see it. What arrives goes to net/http through a pipe, which holds
// nothing: the peer is read as fast as net/http reads.
type http1Conn struct {
	on      *http1
	tc      *transport.Conn
	tls     *tls.ConnectionState
	facts   serverConn
	in, out net.Conn    // the ends of the pipe
	given   bool        // to net/http; of Data's goroutine
	active  atomic.Bool // a request is being read, handled or answered
	old     atomic.Bool // it has reached its maximum age
	aging   *time.Timer // until then; nil if there is none
	// holders are those who are not done with it: the transport and net/http.
	holders atomic.Int32
}

// Data passes on what has arrived.
func (c *http1Conn) Data(in []byte) (consumed, need int, err error) {
	if !c.given && !c.give() {
		return 0, 0, ErrServerClosed
	}
	if _, err := c.in.Write(in); err != nil {
		return 0, 0, err
	}
	return len(in), 0, nil
}

// give hands the connection to net/http.
func (c *http1Conn) give() bool {
	c.given = true
	c.holders.Add(1)
	select {
	case c.on.conns <- http1Stream{c}:
		return true
	case <-c.on.done:
		c.holders.Add(-1)
		return false
	}
}

// Closed is told by the transport.
func (c *http1Conn) Closed(error) {
	c.in.Close()
	c.release()
}

// Idle implements [transport.Idler].
func (c *http1Conn) Idle() bool { return !c.active.Load() }

// age ends the connection with its request, or when the grace is over.
func (c *http1Conn) age() {
	grace := c.on.owner.config.Keepalive.MaxAgeGrace
	switch again := c.old.Swap(true); {
	case again || !c.active.Load():
		c.Close()
	case grace > 0:
		c.aging.Reset(grace)
	}
}

// release is called by each holder when it is done.
func (c *http1Conn) release() {
	if c.holders.Add(-1) > 0 {
		return
	}
	if c.aging != nil {
		c.aging.Stop()
	}
	c.on.owner.remove(c)
}

// Drain has net/http close its connections as soon as they have no request.
func (c *http1Conn) Drain() { c.on.drain() }

// Close cuts the connection off.
func (c *http1Conn) Close() {
	c.in.Close()
	c.out.Close()
	c.tc.Close()
}

// An http1Stream is an http1Conn as net/http sees it. Writes and their
// deadlines go straight to the transport, whose write time-out holds.
type http1Stream struct{ *http1Conn }

func (c http1Stream) Read(b []byte) (int, error) { return c.out.Read(b) }

func (c http1Stream) Write(b []byte) (int, error) {
	if err := c.tc.Write(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (c http1Stream) Close() error {
	c.http1Conn.Close()
	return nil
}

func (c http1Stream) LocalAddr() net.Addr  { return netAddr{c.facts.local} }
func (c http1Stream) RemoteAddr() net.Addr { return netAddr{c.facts.remote} }

func (c http1Stream) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

func (c http1Stream) SetReadDeadline(t time.Time) error  { return c.out.SetReadDeadline(t) }
func (c http1Stream) SetWriteDeadline(t time.Time) error { return c.tc.SetWriteDeadline(t) }

// A netAddr is an address as package net has it.
type netAddr struct{ rpc.Address }
