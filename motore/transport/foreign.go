package transport

import (
	"io"
	"net"
	"time"
)

// past is a deadline that wakes whoever waits.
var past = time.Unix(1, 0)

// A foreign is the stream of any net.Conn, moved by its own Read and Write: TLS,
// memory, whatever a user brings, and everything on Windows.
type foreign struct {
	c *Conn
}

func (f *foreign) write(b []byte) (sent bool, err error) {
	if d := time.Duration(f.c.writeTimeout.Load()); d > 0 && !f.c.writeDeadline.Load() {
		f.c.nc.SetWriteDeadline(time.Now().Add(d))
		defer f.c.nc.SetWriteDeadline(time.Time{})
		if err := f.c.closing(); err != nil {
			return false, err // its wake-up may have come before our deadline
		}
	}
	n, err := f.c.nc.Write(b)
	return n > 0, err
}

func (f *foreign) exchange(out, in []byte) (n int, err error) {
	if sent, err := f.write(out); err != nil {
		return 0, f.c.fail(OpWrite, sent, err)
	}
	for {
		n, err := f.c.nc.Read(in)
		if n > 0 {
			return n, nil
		}
		if err != nil {
			return 0, f.c.fail(OpRead, len(out) > 0, err)
		}
	}
}

func (f *foreign) serve(h ConnHandler) (err error) {
	in := newInbox(f.c, h)
	if in.size == defaultRead {
		in.size = 1 << minClass // it is held while the connection is idle
	}
	defer func() { // also if a handler ends its goroutine
		if err == nil {
			err = net.ErrClosed
		}
		f.c.release()
		in.close()
		h.Closed(err)
	}()
	for {
		n, err := f.c.nc.Read(in.room())
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
	if raw := rawConnOf(f.c.nc); raw != nil {
		return alive(raw, pollHangup)
	}
	return true
}
