package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// What a ListenConfig without a value uses.
const (
	DefaultHandshakeTimeout = 10 * time.Second
	DefaultReadLimit        = 64 << 20
)

// A ListenConfig says how to listen. The zero value is ready to use; it must
// not be changed once used.
type ListenConfig struct {
	// Engine carries the connections.
	Engine Engine
	// TLS, if it is not nil, makes the connections TLS. Set its ClientAuth and
	// ClientCAs for mutual TLS.
	TLS *tls.Config
	// HandshakeTimeout bounds the TLS handshake. Zero is
	// DefaultHandshakeTimeout.
	HandshakeTimeout time.Duration
	// IdleTimeout closes a connection on which nothing arrived for so long, if
	// no Data runs and its handler's Idle, if it has one, agrees. It is
	// checked four times per IdleTimeout, at most once per second. Zero is
	// never.
	IdleTimeout time.Duration
	// WriteTimeout is what Conn.SetWriteTimeout is called with. Zero is no
	// bound.
	WriteTimeout time.Duration
	// KeepAlive is as in Dialer.
	KeepAlive time.Duration
	// MaxConns is how many connections may be open; further ones are accepted
	// and closed at once. Zero is no limit.
	MaxConns int
	// Backlog is how many connections the kernel keeps until they are
	// accepted. Zero is the system's limit. Not used by Wrap.
	Backlog int
	// ReadBuffer is the size of the first buffer that a read gets. Zero is
	// 16 KiB; it adapts to the traffic.
	ReadBuffer int
	// ReadLimit is how many unread bytes a connection of engine netpoll may
	// pile up; one with more is closed within a second. Zero is
	// DefaultReadLimit. Package net leaves them with the peer instead.
	ReadLimit int
	// OnReject, if it is not nil, is told of every connection that MaxConns
	// turned away. It must not block.
	OnReject func(peer rpc.Address)
	// Logger gets accept errors, rejected connections (the first of a burst)
	// and failed handshakes. Nil is slog.Default().
	Logger *slog.Logger
}

// A Listener accepts connections. Its methods may be called from any
// goroutine.
type Listener struct {
	config ListenConfig
	nl     net.Listener
	addr   rpc.Address

	closeOnce sync.Once
	done      chan struct{} // closed by Close
	ctx       context.Context
	cancel    context.CancelFunc // by CloseConns after Close

	tick     atomic.Int64 // what time it is for idle connections
	watcher  watcher
	rejected atomic.Int64

	mu       sync.Mutex
	conns    []*Conn
	sweeping bool
	quit     chan struct{} // wakes a sweeper that may have nothing to do
	changed  sync.Cond     // conns or sweeping
	starting int           // accepted, but not in conns yet
}

// Listen listens on addr. A unix socket's file that is left from a process
// which is gone is replaced.
func (lc *ListenConfig) Listen(ctx context.Context, addr rpc.Address) (*Listener, error) {
	network, address := addr.Dial()
	if network == "unix" {
		removeStale(ctx, address)
	}
	nlc := net.ListenConfig{KeepAlive: lc.KeepAlive}
	nl, err := nlc.Listen(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if lc.Backlog > 0 {
		if err := setBacklog(nl, lc.Backlog); err != nil {
			nl.Close()
			return nil, err
		}
	}
	return lc.Wrap(nl), nil
}

// Wrap returns a Listener that accepts from nl, which it owns from now on.
func (lc *ListenConfig) Wrap(nl net.Listener) *Listener {
	l := &Listener{
		config: *lc,
		nl:     nl,
		addr:   rpc.AddressOf(nl.Addr()),
		done:   make(chan struct{}),
		quit:   make(chan struct{}, 1),
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.changed.L = &l.mu
	if l.config.HandshakeTimeout == 0 {
		l.config.HandshakeTimeout = DefaultHandshakeTimeout
	}
	if l.config.ReadLimit == 0 {
		l.config.ReadLimit = DefaultReadLimit
	}
	if l.config.Logger == nil {
		l.config.Logger = slog.Default()
	}
	return l
}

// Address returns the address that peers can dial; for port 0 it has the port
// that was chosen.
func (l *Listener) Address() rpc.Address { return l.addr }

// Rejected returns how many connections MaxConns has turned away.
func (l *Listener) Rejected() int64 { return l.rejected.Load() }

// Conns returns how many connections are open.
func (l *Listener) Conns() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns) + l.starting
}

// Close stops accepting. Connections live on, see [Listener.Wait].
func (l *Listener) Close() error {
	err := net.ErrClosed
	l.closeOnce.Do(func() {
		close(l.done)
		err = l.nl.Close()
	})
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// CloseConns closes all connections that are open now. After Close it also
// closes those that were accepted and are about to start.
func (l *Listener) CloseConns() {
	select {
	case <-l.done:
		l.cancel()
	default:
	}
	l.mu.Lock()
	conns := append([]*Conn(nil), l.conns...)
	l.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
}

// Wait waits until every connection that was accepted has finished, its
// handler's Closed included, and no goroutine of the listener is left. Call it
// after Close; otherwise new connections keep it waiting.
func (l *Listener) Wait() {
	l.mu.Lock()
	for len(l.conns) > 0 || l.starting > 0 {
		l.changed.Wait()
	}
	for l.sweeping {
		select {
		case l.quit <- struct{}{}:
		default:
		}
		l.changed.Wait()
	}
	l.mu.Unlock()
	l.watcher.stop()
	select {
	case <-l.done:
		l.cancel()
	default:
	}
}

// Serve accepts connections until Close, then returns ErrListenerClosed. For
// each it calls accept, perhaps concurrently, and then serves it with the
// handler that accept returns; nil turns the connection away. accept must not
// block and must not read; it may write.
//
// An accept error does not end Serve: it tries again after a pause that grows
// from 5 ms to 1 s.
func (l *Listener) Serve(accept func(*Conn) ConnHandler) error {
	var pause time.Duration
	for {
		nc, err := l.nl.Accept()
		if err == nil {
			pause = 0
			l.admit(nc, accept)
			continue
		}
		select {
		case <-l.done:
			return ErrListenerClosed
		default:
		}
		if errors.Is(err, net.ErrClosed) {
			return err // closed behind our back
		}
		if pause == 0 {
			l.config.Logger.Error("transport: accept failed; trying again",
				"address", l.addr.String(), "error", err)
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		timer := time.NewTimer(pause)
		select {
		case <-l.done:
			timer.Stop()
			return ErrListenerClosed
		case <-timer.C:
		}
	}
}

// admit starts a connection, or turns it away.
func (l *Listener) admit(nc net.Conn, accept func(*Conn) ConnHandler) {
	l.mu.Lock()
	full := l.config.MaxConns > 0 && len(l.conns)+l.starting >= l.config.MaxConns
	if !full {
		l.starting++
	}
	l.mu.Unlock()
	if full {
		l.reject(nc)
		return
	}
	if l.config.Engine == EngineNetpoll && l.config.TLS == nil {
		if c := newNetpoll(nc, l.config.ReadLimit); c != nil {
			l.startPolled(c, accept)
			return
		}
	}
	go l.serve(nc, accept)
}

// serve is the life of a connection of engine net.
func (l *Listener) serve(nc net.Conn, accept func(*Conn) ConnHandler) {
	if l.config.TLS != nil {
		t := tls.Server(&countingConn{Conn: nc}, l.config.TLS)
		ctx, cancel := context.WithTimeout(l.ctx, l.config.HandshakeTimeout)
		err := t.HandshakeContext(ctx)
		cancel()
		if err != nil {
			nc.Close()
			l.config.Logger.Info("transport: TLS handshake failed",
				"peer", rpc.AddressOf(nc.RemoteAddr()).String(), "error", err)
			l.add(nil)
			return
		}
		nc = t
	}
	c := l.own(NewConn(nc))
	defer l.remove(c)
	c.handler = accept(c)
	l.add(c)
	if c.handler == nil || l.ctx.Err() != nil {
		c.Close()
	}
	if c.handler != nil {
		c.Serve(c.handler)
	}
}

// startPolled starts a connection of engine netpoll, which needs no goroutine.
func (l *Listener) startPolled(c *Conn, accept func(*Conn) ConnHandler) {
	l.own(c)
	c.handler = accept(c)
	l.add(c)
	if c.handler == nil || l.ctx.Err() != nil {
		c.Close()
	}
	if c.handler == nil {
		l.remove(c)
		return
	}
	c.state.Or(serving)
	c.s.(*pollConn).start(c.handler, func(error) { l.remove(c) })
}

// own makes c one of our connections.
func (l *Listener) own(c *Conn) *Conn {
	c.owner = l
	c.slot = -1
	c.sweep.verified = -1
	c.seen.Store(l.tick.Load())
	c.SetWriteTimeout(l.config.WriteTimeout)
	return c
}

// add counts a connection as started; nil is one that failed to.
func (l *Listener) add(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.starting--
	if c == nil {
		l.changed.Broadcast()
		return
	}
	c.slot = len(l.conns)
	l.conns = append(l.conns, c)
	if !l.sweeping {
		l.sweeping = true
		go l.sweep()
	}
}

// remove forgets a connection that has finished.
func (l *Listener) remove(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.slot < 0 {
		return
	}
	last := len(l.conns) - 1
	moved := l.conns[last]
	l.conns[c.slot], moved.slot = moved, c.slot
	l.conns[last] = nil
	l.conns = l.conns[:last]
	c.slot = -1
	if len(l.conns) == 0 {
		l.changed.Broadcast()
	}
}

// reject turns a connection away. Of a burst, the first is logged.
func (l *Listener) reject(nc net.Conn) {
	peer := rpc.AddressOf(nc.RemoteAddr())
	nc.Close()
	n := l.rejected.Add(1)
	if f := l.config.OnReject; f != nil {
		f(peer)
	}
	if n&(n-1) == 0 { // 1, 2, 4, 8 …
		l.config.Logger.Warn("transport: connection turned away: ListenConfig.MaxConns are open",
			"address", l.addr.String(), "peer", peer.String(), "limit", l.config.MaxConns, "rejected", n)
	}
}
