package transport

import (
	"crypto/tls"
	"io"
	"syscall"
	"time"
)

// past is a deadline that wakes whoever waits.
var past = time.Unix(1, 0)

// A foreign is the stream of any net.Conn, moved by its own Read and Write: TLS,
// memory, whatever a user brings, and everything on Windows.
type foreign struct {
	c     *Conn
	first []byte          // read already, and to be read first
	raw   syscall.RawConn // nil if there is no descriptor
	probe probe
	guess int64
}

func (f *foreign) read(in []byte) (int, error) {
	if len(f.first) > 0 {
		n := copy(in, f.first)
		f.first = f.first[n:]
		return n, nil
	}
	return f.c.nc.Read(in)
}

func (f *foreign) answer(b []byte, last bool) (sent bool, err error) {
	t, ok := f.c.nc.(*tls.Conn)
	if !ok || !last {
		return f.write(b)
	}
	cork(t)
	if sent, err = f.write(b); err != nil {
		return sent, err
	}
	err = t.CloseWrite()
	if c, ok := t.NetConn().(interface{ CloseWrite() error }); ok && err == nil {
		err = c.CloseWrite()
	}
	return sent, err
}

func (f *foreign) write(b []byte) (sent bool, err error) {
	if err := f.c.closing(); err != nil {
		return false, err
	}
	if now, ok := f.c.nc.(nowWriter); ok {
		n, err := now.writeNow(b)
		if err != nil || n == len(b) {
			return n > 0, err
		}
		sent, b = n > 0, b[n:]
	}
	if d := time.Duration(f.c.writeTimeout.Load()); d > 0 && !f.c.writeDeadline.Load() {
		f.c.nc.SetWriteDeadline(time.Now().Add(d))
		defer f.c.nc.SetWriteDeadline(time.Time{})
		if err := f.c.closing(); err != nil {
			return sent, err // its wake-up may have come before our deadline
		}
	}
	before := f.sent()
	n, err := f.c.nc.Write(b)
	return sent || n > 0 || f.sent() != before, err
}

func (f *foreign) writeSome(b []byte) (n int, err error) {
	if now, ok := f.c.nc.(nowWriter); ok {
		if err := f.c.closing(); err != nil {
			return 0, err
		}
		return now.writeNow(b)
	}
	for n < len(b) && f.writable() {
		piece := b[n:min(len(b), n+record)]
		sent, err := f.write(piece)
		if sent {
			n += len(piece)
		}
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// record is how much TLS writes in one piece. There is room for as much where
// poll(2) says that there is some.
const record = 16 << 10

// writable reports whether a record can be written without waiting; true if
// nobody knows.
func (f *foreign) writable() bool {
	return f.raw == nil || !canPoll || !f.probe.none(f.raw, pollRoom)
}

// A nowWriter is a net.Conn that can write a part without waiting.
type nowWriter interface {
	writeNow(b []byte) (int, error)
}

// sent returns a number that changes when bytes were sent although Write says
// that none were: TLS does not tell about records.
func (f *foreign) sent() int64 {
	t, ok := f.c.nc.(*tls.Conn)
	if !ok {
		return 0
	}
	if c, ok := t.NetConn().(*countingConn); ok {
		return c.sent.Load()
	}
	f.guess++ // somebody else's TLS: it may always have been
	return f.guess
}

func (f *foreign) exchange(out, in []byte, size int) (got []byte, err error) {
	if !f.alive() {
		return nil, f.c.fail(OpWrite, false, errStale)
	}
	if sent, err := f.write(out); err != nil {
		return nil, f.c.fail(OpWrite, sent, err)
	}
	if in == nil {
		in = garbage(size)
	}
	for {
		n, err := f.read(in)
		if n > 0 {
			return in[:n], nil
		}
		if err != nil {
			return nil, f.c.fail(OpRead, len(out) > 0, err)
		}
	}
}

func (f *foreign) serve(h ConnHandler) (err error) {
	in := newInbox(f.c, h)
	in.steady = true // the buffer is held while the connection is idle
	in.keep = nil    // and not the handler's
	if in.size == defaultRead {
		in.size = 1 << minClass
	}
	defer func() {
		in.close()
		err = f.c.end(h, err)
	}()
	for {
		n, err := f.read(in.room())
		if n > 0 {
			if err := in.received(n); err != nil {
				return err
			}
		}
		switch reason := f.c.closing(); {
		case reason != nil:
			return reason
		case err == io.EOF:
			return in.eof()
		case err != nil:
			return bare(err)
		}
	}
}

func (f *foreign) interrupt() {
	// Nobody waits within the connection for the handler: it may be closed
	// from inside it.
	f.c.nc.Close()
}

func (f *foreign) alive() bool {
	if m, ok := f.c.nc.(*memoryConn); ok {
		return m.quiet()
	}
	return f.raw == nil || f.probe.none(f.raw, pollHangup)
}

func (f *foreign) unread() bool {
	if m, ok := f.c.nc.(*memoryConn); ok {
		return m.unread()
	}
	return f.raw != nil && rawUnread(f.raw)
}
