package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// Serve accepts connections until Close, then returns ErrListenerClosed. For
// each it calls accept, perhaps concurrently, and then serves it with the
// handler that accept returns; nil turns the connection away. accept must not
// block and must not read; it may write.
//
// An accept error does not end Serve: it tries again after a pause that grows
// from 5 ms to 1 s.
func (l *Listener) Serve(accept func(*Conn) ConnHandler) error {
	l.mu.Lock()
	l.accepting++
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.accepting--
		l.changed.Broadcast()
	}()
	return acceptFrom(l.nl, l.done, l.config.Logger, func(nc net.Conn) { l.admit(nc, accept) })
}

// acceptFrom passes to take what nl accepts, until done is closed and Accept
// fails, or somebody closes nl behind our back. A plain listener is closed in
// the end; any other is left to whoever closed done.
func acceptFrom(nl net.Listener, done <-chan struct{}, logger *slog.Logger, take func(net.Conn)) error {
	var pause time.Duration
	for {
		nc, err := nl.Accept()
		if err == nil {
			pause = 0
			take(nc)
			continue
		}
		select {
		case <-done:
			endTaking(nl, take)
			return ErrListenerClosed
		default:
		}
		if errors.Is(err, net.ErrClosed) {
			return err // closed behind our back
		}
		if pause == 0 {
			logger.Error("transport: accept failed; trying again",
				"address", rpc.AddressOf(nl.Addr()).String(), "error", err)
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		timer := time.NewTimer(pause)
		select {
		case <-done:
			timer.Stop()
			endTaking(nl, take)
			return ErrListenerClosed
		case <-timer.C:
		}
	}
}

// endTaking closes nl if it is plain, and passes to take who waits.
func endTaking(nl net.Listener, take func(net.Conn)) {
	if isPlain(nl) {
		closeTaking(nl, take)
	}
}

// isPlain reports whether all that Accept of nl does is to accept. A listener of
// somebody else's may have the methods of the one that it embeds, and yet say in
// Accept who may come or what is spoken: nobody gets past that. Nor need its
// Accept mind a deadline, or its Close a second call.
func isPlain(nl net.Listener) bool {
	switch nl.(type) {
	case *net.TCPListener, *net.UnixListener, *handed:
		return true
	}
	return false
}

// endAccept makes Accept of nl fail from now on, the call that runs included,
// and leaves nl open. It reports whether it can.
func endAccept(nl net.Listener) bool {
	if l, ok := nl.(*handed); ok {
		return l.endAccept()
	}
	return isPlain(nl) && nl.(deadliner).SetDeadline(past) == nil
}

type deadliner interface {
	SetDeadline(time.Time) error
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
			l.startHere(c, accept)
			return
		}
	}
	if l.config.TLS != nil {
		go l.serveTLS(nc, accept)
		return
	}
	c := NewConn(nc)
	if _, ok := c.s.(starter); ok {
		l.startHere(c, accept)
		return
	}
	go func() { // what accept writes may have to wait
		l.start(c, accept)
		l.run(c)
	}()
}

// serveTLS is the life of a connection from its handshake on.
func (l *Listener) serveTLS(nc net.Conn, accept func(*Conn) ConnHandler) {
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
	c := NewConn(t)
	l.start(c, accept)
	l.run(c)
}

// start makes c one of our connections, with the handler that accept returns.
func (l *Listener) start(c *Conn, accept func(*Conn) ConnHandler) {
	l.own(c)
	c.handler = accept(c)
	l.add(c)
	if c.handler == nil || l.ctx.Err() != nil {
		c.Close()
	}
}

// run serves c to its end.
func (l *Listener) run(c *Conn) {
	defer l.remove(c)
	if c.handler != nil {
		c.Serve(c.handler)
	}
}

// A starter is a stream that is served without a goroutine of the listener's.
type starter interface {
	// start is serve, but does not wait: ended is called at the end.
	start(h ConnHandler, ended func(error))
}

// startHere starts a connection whose stream is a starter.
func (l *Listener) startHere(c *Conn, accept func(*Conn) ConnHandler) {
	l.start(c, accept)
	if c.handler == nil {
		l.remove(c)
		return
	}
	c.state.Or(serving)
	c.s.(starter).start(c.handler, func(error) { l.remove(c) })
}

// own makes c one of our connections.
func (l *Listener) own(c *Conn) {
	c.owner = l
	c.slot = -1
	c.sweep.verified = -1
	c.seen.Store(l.tick.Load())
	c.SetWriteTimeout(l.config.WriteTimeout)
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
	if l.starting == 0 {
		l.changed.Broadcast() // Settle may wait for it
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
