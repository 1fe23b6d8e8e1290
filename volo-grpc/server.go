package vologrpc

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/worker"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A Server serves any number of services on any number of listeners. It is
// made by [NewServer], filled with [Server.Register], and serves until
// [Server.Shutdown] or [Server.Close].
//
//	NewServer ──► Register… ──► Serve…, Run ──► Shutdown ──► closed
//	                               │                          ▲
//	                               └────────── Close ─────────┘
type Server struct {
	o       serverOptions
	router  router
	stack   Handler
	base    context.Context // parent of every call's context
	workers *worker.Pool[*http2.ServerStream]
	config  *http2.Config
	accepts string // grpc-accept-encoding
	web     *web   // nil without gRPC-Web

	announcer *discovery.Announcer

	// Calls: those that run have started and not ended.
	started, ended, failed atomic.Int64

	mu        sync.Mutex
	listeners map[*transport.Listener]uint64 // by ID
	conns     map[connection]struct{}
	guests    map[*httpCall]struct{} // calls that net/http has handed us
	serial    uint64                 // of the newest listener or connection
	lastCall  time.Time              // on a connection that is gone, or on net/http
	draining  bool
	over      bool // no connection is served any more, not even one just accepted
	serving   bool
	emptied   chan struct{} // closed when nothing is open; nil unless somebody waits
}

// NewServer returns a server without services.
func NewServer(opts ...ServerOption) *Server {
	s := &Server{
		o:         defaultServerOptions(),
		base:      context.Background(),
		listeners: make(map[*transport.Listener]uint64),
		conns:     make(map[connection]struct{}),
		guests:    make(map[*httpCall]struct{}),
	}
	for _, opt := range opts {
		opt.server(&s.o)
	}
	s.config = s.o.config().Complete()
	s.accepts = s.o.compressors.names()
	s.web = newWeb(s, s.o.web)
	s.workers = http2.NewWorkers(dispatcher{s})
	s.stack = s.buildStack()
	s.announcer = discovery.NewAnnouncer(s.o.name, s.o.logger)
	for _, add := range s.o.announce {
		add(s.announcer)
	}
	return s
}

// Register adds a service. It must happen before the server serves.
func (s *Server) Register(service *Service) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.serving {
		return errors.New("vologrpc: Register after Serve")
	}
	return s.router.register(service)
}

// Services returns what is registered, in the order of the names.
func (s *Server) Services() []*Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Service, 0, len(s.router.services))
	for _, service := range s.router.services {
		all = append(all, service)
	}
	slices.SortFunc(all, func(a, b *Service) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// Run listens on each address, as [rpc.ParseAddress] takes it, and serves until
// ctx is done, or another process has taken over ([WithRestarter]); then it
// shuts down, for which it allows ten seconds. It returns nil if all calls
// could finish.
func (s *Server) Run(ctx context.Context, addresses ...string) error {
	ended := make(chan error, len(addresses))
	for _, address := range addresses {
		addr, err := rpc.ParseAddress(address)
		if err == nil {
			var l *transport.Listener
			if l, err = s.Listen(ctx, addr); err == nil {
				go func() { ended <- s.ServeListener(l) }()
				continue
			}
		}
		s.Close()
		return fmt.Errorf("vologrpc: listen on %s: %w", address, err)
	}
	var failed error
	select {
	case <-ctx.Done():
	case <-s.o.restarter.Done():
	case failed = <-ended:
		ended <- failed
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := s.Shutdown(stop)
	for range addresses {
		if e := <-ended; !errors.Is(e, ErrServerClosed) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Listen opens a listener with the server's options, for ServeListener.
func (s *Server) Listen(ctx context.Context, addr rpc.Address) (*transport.Listener, error) {
	if r := s.o.restarter; r != nil {
		l, err := r.Listen(ctx, addr)
		if err != nil {
			return nil, err
		}
		return s.listenConfig().Wrap(l), nil
	}
	return s.listenConfig().Listen(ctx, addr)
}

// Serve accepts connections from l, which it owns, until the server ends. It
// returns ErrServerClosed after Shutdown and Close.
func (s *Server) Serve(l net.Listener) error {
	return s.ServeListener(s.listenConfig().Wrap(l))
}

// ServeListener is Serve for a listener of package transport.
func (s *Server) ServeListener(l *transport.Listener) error {
	if err := s.add(l); err != nil {
		l.Close()
		return err
	}
	for _, hook := range s.o.onServe {
		if err := hook(l.Address()); err != nil {
			s.forget(l)
			l.Close()
			return fmt.Errorf("vologrpc: hook: %w", err)
		}
	}
	withdraw, err := s.announcer.Announce(l.Address())
	if err != nil {
		s.forget(l)
		l.Close()
		return fmt.Errorf("vologrpc: %w", err)
	}
	err = l.Serve(s.accept)
	withdraw()
	l.Wait()
	s.forget(l)
	if errors.Is(err, transport.ErrListenerClosed) {
		return ErrServerClosed
	}
	return err
}

// listenConfig sets no idle time-out: an idle connection is ended in order, by
// [Keepalive.MaxIdle], lest a call that is under way be lost.
func (s *Server) listenConfig() *transport.ListenConfig {
	return &transport.ListenConfig{
		Engine:       s.o.engine,
		TLS:          s.web.offer(s.o.tls),
		WriteTimeout: s.o.writeTimeout,
		MaxConns:     s.o.maxConns,
		Logger:       s.o.logger,
	}
}

func (s *Server) add(l *transport.Listener) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return ErrServerClosed
	}
	s.serving = true
	s.listeners[l] = s.number()
	return nil
}

func (s *Server) forget(l *transport.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, l)
}

// Accept takes a connection that somebody else has accepted, such as one whose
// first bytes have shown which protocol its peer speaks: the handler gets all
// bytes from the first one on. It is nil if the server takes no more. The
// server closes the connection when it ends; it knows nothing of the listener.
// Servers that share a port are easier made with [transport.Split].
func (s *Server) Accept(conn *transport.Conn) transport.ConnHandler {
	s.mu.Lock()
	s.serving = true
	s.mu.Unlock()
	return s.accept(conn)
}

// accept makes the handler of a new connection.
func (s *Server) accept(conn *transport.Conn) transport.ConnHandler {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || len(s.conns) >= s.o.maxConns {
		return nil // each listener counts its own, we count all
	}
	if s.web != nil {
		return s.sniff(conn)
	}
	return s.serveHTTP2(conn)
}

// serveHTTP2 makes the handler of a connection of HTTP/2. The caller holds mu.
func (s *Server) serveHTTP2(conn *transport.Conn) transport.ConnHandler {
	c := http2.NewServer(conn, s.config, dispatcher{s}, s.workers, s.lose)
	c.Owner = &serverConn{local: conn.LocalAddress(), remote: conn.RemoteAddress()}
	c.ID = s.number()
	s.conns[c] = struct{}{}
	if s.draining {
		c.Drain()
	}
	return c
}

// A connection is what a server ends.
type connection interface {
	Drain() // in order, when its calls are over; it does not wait
	Close() // at once
}

// lose forgets a connection of HTTP/2.
func (s *Server) lose(c *http2.Server) {
	last := c.Facts().LastStream
	s.mu.Lock()
	if last.After(s.lastCall) {
		s.lastCall = last
	}
	s.mu.Unlock()
	s.remove(c)
}

func (s *Server) remove(c connection) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.checkEmpty()
}

// checkEmpty tells whoever ends the server that nothing is open any more. The
// caller holds mu.
func (s *Server) checkEmpty() {
	if s.draining && s.empty() && s.emptied != nil {
		close(s.emptied)
		s.emptied = nil
		s.over = true
	}
}

func (s *Server) empty() bool { return len(s.conns)+len(s.guests) == 0 }

// begin counts a call in and reports whether it may run. It must end in any
// case.
func (s *Server) begin() bool {
	return s.started.Add(1)-s.ended.Load() <= int64(s.o.maxRequests)
}

func (s *Server) end() { s.ended.Add(1) }

// Shutdown ends the server in order: it deregisters and runs the shutdown
// hooks, goes on for as long as [WithRegistrar] says, stops accepting, asks
// the peers to go elsewhere and lets the calls that run finish. When ctx is
// done first, the rest is cut off and ctx's error returned; the handlers'
// contexts are then cancelled with ErrServerClosed, but not waited for.
func (s *Server) Shutdown(ctx context.Context) error {
	s.withdraw()
	var errs []error
	for _, hook := range s.o.onShutdown {
		if err := hook(ctx); err != nil {
			errs = append(errs, fmt.Errorf("vologrpc: hook: %w", err))
		}
	}
	if err := s.announcer.Wait(ctx); err != nil {
		errs = append(errs, fmt.Errorf("vologrpc: %w", err))
	}
	s.announcer.Linger(ctx)
	s.settle(ctx)
	emptied := s.stopAccepting()
	for _, c := range s.open() {
		c.Drain()
	}
	select {
	case <-emptied:
	case <-ctx.Done():
		s.cutOff()
		s.web.stop()
		return errors.Join(append(errs, context.Cause(ctx))...)
	}
	s.web.stop()
	s.workers.Close()
	return errors.Join(errs...)
}

// Close ends the server at once: calls that run see their contexts cancelled
// and their connections closed. It returns when all handlers have.
func (s *Server) Close() error {
	s.withdraw()
	emptied := s.stopAccepting()
	s.cutOff()
	<-emptied
	s.web.stop()
	s.workers.Close()
	return s.announcer.Wait(context.Background())
}

// stopAccepting closes the listeners. The channel is closed when the last
// connection is gone.
func (s *Server) stopAccepting() <-chan struct{} {
	s.mu.Lock()
	s.draining = true
	var listeners []*transport.Listener
	for l := range s.listeners {
		listeners = append(listeners, l)
	}
	emptied := s.emptied
	if emptied == nil {
		emptied = make(chan struct{})
		if s.empty() {
			close(emptied)
			s.over = true
		} else {
			s.emptied = emptied
		}
	}
	s.mu.Unlock()
	for _, l := range listeners {
		l.Close()
	}
	return emptied
}

func (s *Server) open() []connection {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]connection, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}

// cutOff closes all connections, which cancels all calls.
func (s *Server) cutOff() {
	s.mu.Lock()
	s.over = true
	guests := slices.Collect(maps.Keys(s.guests))
	s.mu.Unlock()
	for _, call := range guests {
		call.Close() // before the connection, which is no reason
	}
	for _, c := range s.open() {
		c.Close()
	}
}
