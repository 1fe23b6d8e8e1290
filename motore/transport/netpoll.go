//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/cloudwego/netpoll"
	"golang.org/x/sys/unix"
)

// This file is engine netpoll. Connections are dialed and accepted by package
// net, so that contexts, name resolution and accept errors are the same for
// both engines; then netpoll gets a duplicate of the descriptor and package net
// lets go of its own.
//
// What is ours and not netpoll's, and why:
//   - deadlines: netpoll's need a remote address that NewFDConnection does not
//     know, and do not wake who already waits. A timer closes the connection.
//   - the first write(2) of each Write: no copy, and no time-out to arm.
//   - the panic of a handler: netpoll's goroutine pool would log and drop it.

// A pollConn is a netpoll connection as a net.Conn and as a stream.
type pollConn struct {
	c  *Conn
	np netpoll.Connection

	local, remote    net.Addr
	reading, writing deadline
	limit            int // of unread bytes

	mu    sync.Mutex // also held while fd is used
	fd    int
	freed bool
	h     ConnHandler
	ended func(error) // called after h.Closed
	need  int

	watchMu sync.Mutex
	watch   func()
}

// newNetpoll moves nc to netpoll. If it cannot, it returns nil and nc is as it
// was.
func newNetpoll(nc net.Conn, limit int) *Conn {
	fd, ok := duplicate(nc)
	if !ok {
		return nil
	}
	np, err := netpoll.NewFDConnection(fd)
	if err != nil {
		unix.Close(fd)
		return nil
	}
	p := &pollConn{np: np, fd: fd, limit: limit, local: nc.LocalAddr(), remote: nc.RemoteAddr()}
	p.reading.expire, p.writing.expire = p.expire, p.expire
	np.AddCloseCallback(p.free)
	if d, ok := np.(interface {
		SetOnDisconnect(netpoll.OnDisconnect) error
	}); ok {
		d.SetOnDisconnect(func(context.Context, netpoll.Connection) { p.disconnected() })
	}
	p.c = newConn(p, EngineNetpoll)
	p.c.s, p.c.deadlines = p, p
	nc.Close()
	return p.c
}

// duplicate returns a second descriptor of the socket beneath nc.
func duplicate(nc net.Conn) (fd int, ok bool) {
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return -1, false
	}
	raw := rawConnOf(nc)
	if raw == nil {
		return -1, false
	}
	var err error
	if e := raw.Control(func(old uintptr) {
		fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 3)
	}); e != nil || err != nil {
		return -1, false
	}
	return fd, true
}

// free runs once, when netpoll has let go of the connection and no handler
// runs, just before it closes the descriptor.
func (p *pollConn) free(netpoll.Connection) error {
	p.mu.Lock()
	p.freed = true
	h := p.h
	p.mu.Unlock()
	p.disconnected()
	p.reading.stop()
	p.writing.stop()
	if h != nil {
		p.finish(h)
	}
	return nil
}

// finish tells the handler and whoever serves that it is over.
func (p *pollConn) finish(h ConnHandler) {
	p.ended(p.c.end(h, io.EOF))
}

func (p *pollConn) serve(h ConnHandler) error {
	done := make(chan error, 1)
	p.start(h, func(err error) { done <- err })
	return <-done
}

// start is serve without a goroutine that waits for the end.
func (p *pollConn) start(h ConnHandler, ended func(error)) {
	p.mu.Lock()
	p.h, p.ended = h, ended
	freed := p.freed
	p.mu.Unlock()
	if freed {
		p.finish(h)
		return
	}
	p.np.SetOnRequest(p.request)
	if !p.np.IsActive() && p.np.Reader().Len() == 0 {
		// The peer went before there was a handler to trigger.
		p.np.Close()
	}
}

// request runs on a goroutine of netpoll's while there are bytes, never twice
// at a time. It must leave none behind, or netpoll would call it for ever.
func (p *pollConn) request(context.Context, netpoll.Connection) error {
	returned := false
	defer func() {
		if returned {
			return
		}
		if v := recover(); v != nil {
			stack := debug.Stack()
			go panic(fmt.Sprintf("%v\n\nin a handler of package transport:\n%s", v, stack))
			select {}
		}
		// The handler has ended its goroutine: netpoll notices, and closes
		// what is not closed yet. It cannot do so after us.
		p.c.because(net.ErrClosed)
	}()
	if err := p.drain(); err != nil {
		p.c.closeFor(err)
		p.np.Close()
	}
	returned = true
	return nil
}

// drain runs the handler until nothing is left, and waits for the rest of what
// it needs. An error ends the connection.
func (p *pollConn) drain() error {
	r := p.np.Reader()
	for {
		if err := p.c.closing(); err != nil {
			return err
		}
		n := max(r.Len(), p.need)
		if n == 0 {
			return nil
		}
		in, err := r.Peek(n)
		if err != nil {
			return p.ending(r.Len(), err)
		}
		if n > p.limit && p.need <= p.limit {
			return ErrReadLimit
		}
		consumed, need, err := p.c.data(p.h, in)
		if err != nil {
			return err
		}
		if err := r.Skip(consumed); err != nil {
			return err
		}
		if rest := n - consumed; rest > 0 && (consumed == 0 || need <= 0) {
			p.need = max(need, rest+1)
		} else {
			p.need = need
		}
		if err := r.Release(); err != nil {
			return err
		}
		if n == consumed && r.Len() == 0 {
			return nil
		}
	}
}

// ending says what an error of Peek with pending bytes means.
func (p *pollConn) ending(pending int, err error) error {
	if errors.Is(err, netpoll.ErrEOF) && pending > 0 {
		return io.ErrUnexpectedEOF
	}
	return plain(err)
}

func (p *pollConn) answer(b []byte, last bool) (sent bool, err error) {
	sent, err = p.writeAll(b, last)
	if last && err == nil {
		err = p.shut()
	}
	return sent, err
}

func (p *pollConn) write(b []byte) (sent bool, err error) { return p.writeAll(b, false) }

func (p *pollConn) writeSome(b []byte) (n int, err error) {
	if p.writing.expired.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	return p.writeNow(b, false)
}

// writeAll is write; last is as in answer.
func (p *pollConn) writeAll(b []byte, last bool) (sent bool, err error) {
	if len(b) == 0 {
		return false, nil
	}
	if p.writing.expired.Load() {
		return false, os.ErrDeadlineExceeded
	}
	n, err := p.writeNow(b, last)
	if err != nil || n == len(b) {
		return n > 0, err
	}
	if d := time.Duration(p.c.writeTimeout.Load()); d > 0 && !p.c.writeDeadline.Load() {
		p.writing.set(time.Now().Add(d))
		defer p.writing.set(time.Time{})
	}
	err = p.writing.bound(func() error {
		_, err := p.np.Write(b[n:])
		return err
	})
	return true, err
}

// writeNow writes once without waiting. Nothing of ours waits in netpoll's
// buffer, since only one Write runs at a time and each empties it.
func (p *pollConn) writeNow(b []byte, last bool) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.freed {
		return 0, net.ErrClosed
	}
	return writeNow(uintptr(p.fd), b, last)
}

// shut ends the stream that we write.
func (p *pollConn) shut() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.freed {
		return net.ErrClosed
	}
	return shut(uintptr(p.fd))
}

func (p *pollConn) exchange(out, in []byte, size int) (got []byte, err error) {
	if !p.alive() || !p.silent() {
		return nil, p.c.fail(OpWrite, false, errStale)
	}
	if sent, err := p.write(out); err != nil {
		return nil, p.c.fail(OpWrite, sent, err)
	}
	if in == nil {
		in = garbage(size)
	}
	n, err := p.read(in)
	if err != nil {
		return nil, p.c.fail(OpRead, len(out) > 0, err)
	}
	return in[:n], nil
}

func (p *pollConn) interrupt() { p.np.Close() }

func (p *pollConn) alive() bool { return p.np.IsActive() && p.np.Reader().Len() == 0 }

// disconnected runs when the peer has gone, perhaps twice.
func (p *pollConn) disconnected() {
	p.watchMu.Lock()
	f := p.watch
	p.watchMu.Unlock()
	if f != nil {
		f()
	}
}

func (p *pollConn) notifyDisconnect(f func()) {
	p.watchMu.Lock()
	p.watch = f
	p.watchMu.Unlock()
	if !p.np.IsActive() {
		go f()
	}
}

// waiting returns how many bytes wait within netpoll.
func (p *pollConn) waiting() int { return p.np.Reader().Len() }

// silent looks whether nothing has come that the poller has not seen yet, not
// even the end.
func (p *pollConn) silent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.freed {
		return false
	}
	_, err := peekNow(uintptr(p.fd))
	return err == syscall.EAGAIN
}

func (p *pollConn) unread() bool {
	if p.waiting() > 0 {
		return true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.freed {
		return false
	}
	n, err := peekNow(uintptr(p.fd))
	return n > 0 && err == nil
}

// expire closes the connection because a deadline passed while somebody waited.
func (p *pollConn) expire() { p.c.closeFor(os.ErrDeadlineExceeded) }

// plain translates netpoll's errors into those of the standard library.
func plain(err error) error {
	var no syscall.Errno
	if !errors.As(err, &no) {
		return err
	}
	switch no {
	case netpoll.ErrEOF:
		return io.EOF
	case netpoll.ErrConnClosed:
		return net.ErrClosed
	}
	return err
}
