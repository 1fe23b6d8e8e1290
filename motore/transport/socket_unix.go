//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// This file is the fast path of engine net: TCP and unix sockets moved by raw
// system calls within package net's poller. How they are served is in
// receiver_unix.go.

// A socket is the stream of a *net.TCPConn or *net.UnixConn.
type socket struct {
	c   *Conn
	nc  halfCloser
	raw syscall.RawConn

	reading, writing lazyDeadline

	fd uintptr // valid within Data: of the receiver that runs it

	// Of the write that runs. The closure is made once.
	out        []byte
	written    int
	writeErr   error
	onWritable func(fd uintptr) bool

	turn *turn // of Exchange; nil before the first

	probe probe // of Alive
}

type halfCloser interface {
	net.Conn
	syscall.Conn
	CloseRead() error
	CloseWrite() error
}

// newSocket returns nil if nc is not a socket whose bytes are ours to move.
func newSocket(c *Conn, nc net.Conn) stream {
	var hc halfCloser
	switch nc := nc.(type) {
	case *net.TCPConn:
		hc = nc
	case *net.UnixConn:
		if nc.LocalAddr().Network() != "unix" {
			return nil // datagrams
		}
		hc = nc
	default:
		return nil
	}
	raw, err := hc.SyscallConn()
	if err != nil {
		return nil
	}
	s := &socket{c: c, nc: hc, raw: raw}
	s.onWritable = s.writable
	s.reading.arm, s.writing.arm = hc.SetReadDeadline, hc.SetWriteDeadline
	return s
}

func (s *socket) SetReadDeadline(t time.Time) error  { return s.reading.set(t) }
func (s *socket) SetWriteDeadline(t time.Time) error { return s.writing.set(t) }

func (s *socket) read(in []byte) (n int, err error) {
	for {
		n, err = s.nc.Read(in)
		if n > 0 || !s.reading.early(err) {
			return n, err
		}
	}
}

func (s *socket) write(b []byte) (sent bool, err error) {
	n, err := s.writeSome(b)
	if err == nil && n < len(b) {
		var m int
		m, err = s.writeRest(b[n:])
		n += m
	}
	return n > 0, err
}

func (s *socket) writeSome(b []byte) (n int, err error) {
	if len(b) == 0 {
		return 0, nil
	}
	s.out, s.written, s.writeErr = b, 0, nil
	for {
		if err = s.raw.Write(s.onWritable); !s.writing.early(err) {
			break
		}
	}
	s.out = nil
	if err == nil {
		err = s.writeErr
	}
	return s.written, err
}

// answer needs none of the poller's locks: the receiver below it on the stack
// keeps the descriptor open.
func (s *socket) answer(b []byte, last bool) (sent bool, err error) {
	n, err := writeNow(s.fd, b, last)
	if err == nil && n < len(b) {
		var m int
		m, err = s.writeRest(b[n:])
		n += m
	}
	if last && err == nil {
		err = shut(s.fd)
	}
	return n > 0, err
}

// shut ends the stream that is written to a socket.
func shut(fd uintptr) error {
	return os.NewSyscallError("shutdown", syscall.Shutdown(int(fd), syscall.SHUT_WR))
}

// writable writes once and never waits.
func (s *socket) writable(fd uintptr) bool {
	s.written, s.writeErr = writeNow(fd, s.out, false)
	return true
}

// writeRest writes what the kernel did not take at once, and bounds the wait.
func (s *socket) writeRest(b []byte) (n int, err error) {
	if d := time.Duration(s.c.writeTimeout.Load()); d > 0 && !s.c.writeDeadline.Load() {
		s.writing.set(time.Now().Add(d))
		defer s.writing.set(time.Time{})
	}
	if err := s.c.closing(); err != nil {
		return 0, err // its wake-up may have come before our deadline
	}
	for {
		m, err := s.nc.Write(b[n:])
		if n += m; n == len(b) || !s.writing.early(err) {
			return n, err
		}
	}
}

// A turn is the state of an Exchange.
type turn struct {
	s       *socket
	out, in []byte
	size    int  // of in, which is still to be made; 0 otherwise
	wrote   bool // all of out
	sent    bool // any of out
	n       int
	one     [1]byte
	err     error
	onReady func(fd uintptr) bool
}

func (s *socket) exchange(out, in []byte, size int) (got []byte, err error) {
	t := s.turn
	if t == nil {
		t = &turn{s: s}
		t.onReady = t.ready
		s.turn = t
	}
	t.out, t.in, t.size, t.wrote, t.sent, t.n, t.err = out, in, size, false, false, 0, nil
	for {
		if err = s.raw.Read(t.onReady); !s.reading.early(err) {
			break
		}
	}
	got = t.in[:t.n]
	t.out, t.in = nil, nil
	if err == nil {
		err = t.err
	}
	switch {
	case err == nil:
		return got, nil
	case !t.wrote:
		return nil, s.c.fail(OpWrite, t.sent, err)
	default:
		return nil, s.c.fail(OpRead, t.sent, err)
	}
}

// ready writes when it is called first, and reads when it is called again. The
// write comes after the poller's state was reset, so that the answer's edge
// cannot be lost however early it comes. What had come before that is no answer:
// the peer has closed, most likely.
func (t *turn) ready(fd uintptr) bool {
	if !t.wrote {
		switch _, err := readNow(fd, t.one[:]); err {
		case syscall.EAGAIN:
		case nil, io.EOF:
			t.err = errStale
			return true
		default:
			t.err = err
			return true
		}
		n, err := writeNow(fd, t.out, false)
		if t.sent = n > 0; err == nil && n < len(t.out) {
			var m int
			m, err = t.s.writeRest(t.out[n:])
			t.sent = t.sent || m > 0
		}
		t.err, t.wrote = err, err == nil
		return err != nil
	}
	if t.size > 0 {
		t.in, t.size = garbage(t.size), 0
	}
	n, err := readNow(fd, t.in)
	if err == syscall.EAGAIN {
		return false
	}
	t.n, t.err = n, err
	return true
}

func (s *socket) interrupt() {
	s.nc.CloseRead()
	s.nc.CloseWrite()
	s.reading.set(past)
	s.writing.set(past)
}

// wake makes a running serve read once more.
func (s *socket) wake() { s.reading.set(past) }

func (s *socket) alive() bool { return s.probe.none(s.raw, pollUnasked) }

func (s *socket) unread() bool { return rawUnread(s.raw) }

// rawUnread is peekNow for the descriptor of raw.
func rawUnread(raw syscall.RawConn) (some bool) {
	err := raw.Control(func(fd uintptr) {
		n, err := peekNow(fd)
		some = n > 0 && err == nil
	})
	return err == nil && some
}

// peekNow looks without waiting for what there is to read: one byte, 0 at the
// end, or [syscall.EAGAIN].
func peekNow(fd uintptr) (int, error) {
	var b [1]byte
	for {
		n, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// readNow reads once without waiting. It returns syscall.EAGAIN if nothing is
// there and io.EOF at the end.
func readNow(fd uintptr, b []byte) (int, error) {
	for {
		n, err := recv(fd, b)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, syscall.EAGAIN
		case err != nil:
			return 0, os.NewSyscallError("recvfrom", err)
		case n == 0 && len(b) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// writeNow writes once without waiting, and returns how much the kernel took.
// Where more follows at once, the kernel may hold some of it back.
func writeNow(fd uintptr, b []byte, more bool) (int, error) {
	for {
		n, err := send(fd, b, more)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, nil
		case err != nil:
			return 0, os.NewSyscallError("sendto", err)
		default:
			return n, nil
		}
	}
}
