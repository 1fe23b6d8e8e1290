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
	// no Data runs and its handler's Idle, if it has one, has agreed for as
	// long. It is checked four times per IdleTimeout, at most once per second.
	// Zero is never.
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

	stopOnce, closeOnce sync.Once

	done   chan struct{} // closed by Close and Settle
	ctx    context.Context
	cancel context.CancelFunc // by CloseConns after Close

	tick     atomic.Int64 // what time it is for idle connections
	watcher  watcher
	rejected atomic.Int64

	mu       sync.Mutex
	conns    []*Conn
	sweeping bool
	quit     chan struct{} // wakes a sweeper that may have nothing to do
	changed  sync.Cond     // any of what is here
	starting int           // accepted, but not in conns yet
	// accepting counts the calls of Serve that run.
	accepting int
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
		l.stop()
		err = l.nl.Close()
	})
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (l *Listener) stop() { l.stopOnce.Do(func() { close(l.done) }) }

// Settle is Close for those who want to lose no connection: it returns once
// all that were made by then are with their handlers, after their handshakes if
// need be, and Serve has returned. If ctx is done first, it returns its cause.
func (l *Listener) Settle(ctx context.Context) error {
	l.stop()
	if !endAccept(l.nl) {
		l.Close()
	} // otherwise Serve does, after it has accepted who waits
	err := l.settled(ctx)
	return errors.Join(err, l.Close())
}

// settled waits until nothing is about to start.
func (l *Listener) settled(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.changed.Broadcast()
	})
	defer stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.starting > 0 || l.accepting > 0 {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		l.changed.Wait()
	}
	return nil
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
