package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// memoryRoom is how many bytes one direction of a memory connection buffers
// before its writer waits.
const memoryRoom = 64 << 10

// A MemoryListener is a [net.Listener] whose connections never leave the
// process: for tests, also within a testing/synctest bubble, and for services
// that call themselves. Pass it to [ListenConfig.Wrap].
type MemoryListener struct {
	queue chan net.Conn
	done  chan struct{}
	once  sync.Once
	last  atomic.Int64
}

// NewMemoryListener returns a listener that accepts what its Dial makes.
func NewMemoryListener() *MemoryListener {
	return &MemoryListener{queue: make(chan net.Conn, 128), done: make(chan struct{})}
}

// Dial returns the client's end of a new connection. It waits while 128
// connections wait to be accepted, and fails once the listener is closed.
func (l *MemoryListener) Dial(ctx context.Context) (net.Conn, error) {
	client, server := memoryPair(memoryAddr("memory"), memoryAddr(fmt.Sprintf("memory:%d", l.last.Add(1))))
	select {
	case <-l.done:
		return nil, &OpError{Op: OpDial, Err: syscall.ECONNREFUSED}
	default:
	}
	select {
	case l.queue <- server:
		select {
		case <-l.done:
			l.Close() // it may have missed this one
		default:
		}
		return client, nil
	case <-l.done:
		return nil, &OpError{Op: OpDial, Err: syscall.ECONNREFUSED}
	case <-ctx.Done():
		return nil, &OpError{Op: OpDial, Err: context.Cause(ctx)}
	}
}

// Accept returns the server's end of a connection that Dial made.
func (l *MemoryListener) Accept() (net.Conn, error) {
	select {
	case <-l.done:
		return nil, net.ErrClosed
	default:
	}
	select {
	case nc := <-l.queue:
		return nc, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close makes Accept and Dial fail, and closes what was not accepted.
func (l *MemoryListener) Close() error {
	l.once.Do(func() { close(l.done) })
	for {
		select {
		case nc := <-l.queue:
			nc.Close()
		default:
			return nil
		}
	}
}

// Addr returns an address of network "memory".
func (l *MemoryListener) Addr() net.Addr { return memoryAddr("memory") }

type memoryAddr string

func (memoryAddr) Network() string  { return "memory" }
func (a memoryAddr) String() string { return string(a) }

// memoryPair returns the two ends of a connection.
func memoryPair(server, client memoryAddr) (*memoryConn, *memoryConn) {
	up, down := newMemoryPipe(), newMemoryPipe()
	return &memoryConn{in: down, out: up, local: client, remote: server},
		&memoryConn{in: up, out: down, local: server, remote: client}
}

// A memoryConn is one end of a connection in memory.
type memoryConn struct {
	in, out       *memoryPipe
	local, remote memoryAddr
}

func (c *memoryConn) Read(b []byte) (int, error)  { return c.in.read(b) }
func (c *memoryConn) Write(b []byte) (int, error) { return c.out.write(b, true) }
func (c *memoryConn) LocalAddr() net.Addr         { return c.local }
func (c *memoryConn) RemoteAddr() net.Addr        { return c.remote }

func (c *memoryConn) writeNow(b []byte) (int, error) { return c.out.write(b, false) }

func (c *memoryConn) Close() error {
	c.in.closeReader()
	c.out.closeWriter(net.ErrClosed)
	return nil
}

// CloseWrite lets the peer read what was written, and then io.EOF.
func (c *memoryConn) CloseWrite() error {
	c.out.closeWriter(syscall.EPIPE)
	return nil
}

func (c *memoryConn) SetDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.reading, t)
	c.out.setDeadline(&c.out.writing, t)
	return nil
}

func (c *memoryConn) SetReadDeadline(t time.Time) error {
	c.in.setDeadline(&c.in.reading, t)
	return nil
}

func (c *memoryConn) SetWriteDeadline(t time.Time) error {
	c.out.setDeadline(&c.out.writing, t)
	return nil
}

// quiet reports whether the peer has not closed and nothing is there to read.
func (c *memoryConn) quiet() bool {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	return len(c.in.buf) == 0 && c.in.writeErr == nil
}

// unread reports whether there is something to read.
func (c *memoryConn) unread() bool {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	return len(c.in.buf) > 0
}

// notifyDisconnect calls f when the peer closes, or has closed.
func (c *memoryConn) notifyDisconnect(f func()) {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.in.onEnd = f
	if c.in.writeErr != nil {
		go f()
	}
}

// A memoryPipe is one direction.
type memoryPipe struct {
	mu       sync.Mutex
	changed  sync.Cond
	buf      []byte
	writeErr error // set once the writer has closed: what its Write returns
	readErr  error // set once the reader has closed: what its Read returns
	onEnd    func()
	reading  memoryDeadline
	writing  memoryDeadline
}

type memoryDeadline struct {
	timer  *time.Timer
	epoch  int // counts settings, so that an old timer does nothing
	passed bool
}

func newMemoryPipe() *memoryPipe {
	p := new(memoryPipe)
	p.changed.L = &p.mu
	return p
}

func (p *memoryPipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.readErr != nil:
			return 0, p.readErr
		case p.reading.passed:
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case len(p.buf) > 0:
			n := copy(b, p.buf)
			p.buf = p.buf[:copy(p.buf, p.buf[n:])]
			p.changed.Broadcast()
			return n, nil
		case p.writeErr != nil:
			return 0, io.EOF
		}
		p.changed.Wait()
	}
}

func (p *memoryPipe) write(b []byte, wait bool) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.writeErr != nil:
			return n, p.writeErr
		case p.readErr != nil:
			return n, syscall.EPIPE
		case p.writing.passed:
			return n, os.ErrDeadlineExceeded
		}
		if m := min(len(b)-n, memoryRoom-len(p.buf)); m > 0 {
			p.buf = append(p.buf, b[n:n+m]...)
			n += m
			p.changed.Broadcast()
		}
		if n == len(b) || !wait {
			return n, nil
		}
		p.changed.Wait()
	}
}

func (p *memoryPipe) closeReader() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readErr, p.buf = net.ErrClosed, nil
	p.reading.set(p, time.Time{})
	p.changed.Broadcast()
}

// closeWriter ends the stream; err is what further writes return.
func (p *memoryPipe) closeWriter(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writeErr = err
	p.writing.set(p, time.Time{})
	p.changed.Broadcast()
	if p.onEnd != nil {
		go p.onEnd()
	}
}

func (p *memoryPipe) setDeadline(d *memoryDeadline, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.set(p, t)
	p.changed.Broadcast()
}

// set arms the deadline; the pipe is locked.
func (d *memoryDeadline) set(p *memoryPipe, t time.Time) {
	d.epoch++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.passed = false
	if t.IsZero() {
		return
	}
	left := time.Until(t)
	if left <= 0 {
		d.passed = true
		return
	}
	epoch := d.epoch
	d.timer = time.AfterFunc(left, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if d.epoch == epoch {
			d.passed = true
			p.changed.Broadcast()
		}
	})
}
