package volothrift

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/transport/combine"
	"github.com/volo-go/volo/motore/worker"
)

// A Server serves any number of services on any number of listeners. It is
// made by [NewServer], filled with [Server.Register], and serves until
// [Server.Shutdown] or [Server.Close].
//
//	NewServer ──► Register… ──► Serve…, Run ──► Shutdown ──► closed
//	                               │                          ▲
//	                               └────────── Close ─────────┘
type Server struct {
	o         serverOptions
	router    router
	stack     Handler
	base      context.Context // parent of every call's context
	lasting   context.Context // parent of those that do not end with their client
	giveUp    context.CancelCauseFunc
	announcer *discovery.Announcer
	workers   *worker.Pool[task]

	running atomic.Int64 // requests being handled

	mu        sync.Mutex
	listeners map[*transport.Listener]struct{}
	conns     map[*serverConn]struct{}
	draining  bool
	over      bool // no connection is served any more, not even one just accepted
	serving   bool
	emptied   chan struct{} // closed when conns is empty; nil unless somebody waits
}

// NewServer returns a server without services.
func NewServer(opts ...ServerOption) *Server {
	s := &Server{
		o:         defaultServerOptions(),
		base:      context.Background(),
		listeners: make(map[*transport.Listener]struct{}),
		conns:     make(map[*serverConn]struct{}),
	}
	s.lasting, s.giveUp = context.WithCancelCause(s.base)
	for _, opt := range opts {
		opt.server(&s.o)
	}
	s.workers = worker.New(task.run)
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
		return errors.New("volothrift: Register after Serve")
	}
	return s.router.register(service)
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
		return fmt.Errorf("volothrift: listen on %s: %w", address, err)
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
			return fmt.Errorf("volothrift: hook: %w", err)
		}
	}
	withdraw, err := s.announcer.Announce(l.Address())
	if err != nil {
		s.forget(l)
		l.Close()
		return fmt.Errorf("volothrift: %w", err)
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

func (s *Server) listenConfig() *transport.ListenConfig {
	return &transport.ListenConfig{
		Engine:       s.o.engine,
		TLS:          s.o.tls,
		IdleTimeout:  s.o.idleTimeout,
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
	s.listeners[l] = struct{}{}
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
// server closes the connection when it ends; it knows nothing of the listener,
// whose write and idle time-outs count. Servers that share a port are easier
// made with [transport.Split].
func (s *Server) Accept(conn *transport.Conn) transport.ConnHandler {
	s.mu.Lock()
	s.serving = true
	s.mu.Unlock()
	return s.accept(conn)
}

// accept makes the handler of a new connection.
func (s *Server) accept(conn *transport.Conn) transport.ConnHandler {
	c := newServerConn(s, conn)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over || len(s.conns) >= s.o.maxConns {
		return nil // each listener counts its own, we count all
	}
	s.conns[c] = struct{}{}
	if s.draining {
		c.resets.Store(true)
	}
	return c
}

func (s *Server) remove(c *serverConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if s.draining && len(s.conns) == 0 && s.emptied != nil {
		close(s.emptied)
		s.emptied = nil
		s.over = true
	}
}

// begin counts a request in, unless there are too many.
func (s *Server) begin() bool {
	if s.running.Add(1) > int64(s.o.maxRequests) {
		s.end()
		return false
	}
	return true
}

func (s *Server) end() { s.running.Add(-1) }

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
			errs = append(errs, fmt.Errorf("volothrift: hook: %w", err))
		}
	}
	if err := s.announcer.Wait(ctx); err != nil {
		errs = append(errs, fmt.Errorf("volothrift: %w", err))
	}
	s.announcer.Linger(ctx)
	s.settle(ctx)
	emptied := s.stopAccepting()
	for _, c := range s.open() {
		c.drain()
	}
	var leaving sync.WaitGroup // connections that wait for their last answer to leave
	defer leaving.Wait()
	if err := s.drainUntil(ctx, emptied, &leaving); err != nil {
		s.cutOff()
		return errors.Join(append(errs, err)...)
	}
	s.workers.Close()
	s.giveUp(ErrServerClosed) // on nothing, since all handlers have returned
	return errors.Join(errs...)
}

// While a server drains it looks every drainGrace for connections on which
// nothing runs, and closes them: the peer has a connection too many, in its
// pool. One that was asked to go, or has only come, may have a request under
// way and be slow; it has departTime to leave by itself.
const (
	drainGrace = 100 * time.Millisecond
	departTime = 2 * time.Second
)

// drainUntil closes connections as they fall idle, until none is left.
func (s *Server) drainUntil(ctx context.Context, emptied <-chan struct{}, leaving *sync.WaitGroup) error {
	began := time.Now()
	look := time.NewTicker(drainGrace)
	defer look.Stop()
	for {
		select {
		case <-emptied:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-look.C:
			late := time.Since(began) >= departTime
			for _, c := range s.open() {
				if c.quiet() && (late || !c.departs()) {
					c.leave(leaving)
				}
			}
		}
	}
}

// Close ends the server at once: calls that run see their contexts cancelled
// and their connections closed. It returns when all handlers have.
func (s *Server) Close() error {
	s.withdraw()
	emptied := s.stopAccepting()
	s.cutOff()
	<-emptied
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
		if len(s.conns) == 0 {
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

func (s *Server) open() []*serverConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*serverConn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}

// cutOff cancels all calls and closes all connections.
func (s *Server) cutOff() {
	s.mu.Lock()
	s.over = true
	s.mu.Unlock()
	s.giveUp(ErrServerClosed)
	for _, c := range s.open() {
		c.end(ErrServerClosed)
		c.conn.Close()
	}
}

// isEnd tells the ordinary ends of a connection.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, transport.ErrIdle) || errors.Is(err, combine.ErrClosed)
}
