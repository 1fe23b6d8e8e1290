package transport

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// A Conn is one connection: a stream of bytes each way. Make one with
// [Dialer.Dial], [Listener.Serve] or [NewConn].
//
// One goroutine reads (Read, Exchange or Serve) and one writes (Write or
// Exchange) at a time; they may be different ones. All other methods may be
// called from anywhere at any time.
type Conn struct {
	nc        net.Conn   // the whole connection, as package net would have it
	s         stream     // how its engine moves bytes
	deadlines deadlining // s or nc
	engine    Engine

	local, remote rpc.Address

	state         atomic.Uint32 // serving | closed
	reason        atomic.Pointer[error]
	readDeadline  atomic.Bool // one is set
	writeDeadline atomic.Bool // one is set
	writeTimeout  atomic.Int64

	// Of the goroutine that calls Data.
	keepable bool // its bytes are in memory that the handler may keep
	kept     bool // and it does

	watch registration

	// The rest is for connections that a listener accepted.
	owner *Listener // nil: dialed, or made by NewConn
	slot  int       // index in owner.conns
	seen  atomic.Int64
	sweep struct { // touched by the owner's sweeper only
		verified int64
		active   int64 // the last tick at which the handler was not idle
	}
	handler ConnHandler
}

// The bits of Conn.state.
const (
	serving uint32 = 1 << iota
	closed
)

type deadlining interface {
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// A stream is one engine's way to move the bytes of a connection.
type stream interface {
	// read is that of net.Conn.
	read(in []byte) (int, error)
	// write writes all of b and says whether any of it may have been sent.
	write(b []byte) (sent bool, err error)
	// writeSome writes what can be written without waiting; all of it, or
	// nothing, where that is not to be known.
	writeSome(b []byte) (n int, err error)
	// answer is write, called within Data by the goroutine that runs it. If it
	// is the last, the end of the stream leaves with it, if that can be.
	answer(b []byte, last bool) (sent bool, err error)
	// exchange looks whether the connection is alive, writes all of out, then reads at least one byte into in, or into
	// new memory of size bytes if in is nil.
	exchange(out, in []byte, size int) (got []byte, err error)
	// serve pushes what arrives into h until the connection ends, and returns
	// why it ended.
	serve(h ConnHandler) error
	// interrupt makes a running serve, and every other blocked call, return
	// soon. It may be called within Data.
	interrupt()
	// alive looks whether the peer is there and has sent nothing unexpected.
	alive() bool
	// unread looks whether bytes have arrived that nobody has read.
	unread() bool
}

// NewConn returns a connection on nc, which it owns from now on. A
// *[net.TCPConn] and a *[net.UnixConn] are moved by raw system calls, where the
// platform has them; anything else through its own Read and Write.
func NewConn(nc net.Conn) *Conn {
	var first []byte
	if o, ok := nc.(*opened); ok {
		nc, first = o.Conn, o.first
	}
	c := newConn(nc, EngineNet)
	c.deadlines = nc
	if c.s = newSocket(c, nc); c.s == nil {
		c.s = &foreign{c: c, first: first, raw: rawConnOf(c.nc)}
	} else if d, ok := c.s.(deadlining); ok {
		c.deadlines = d
	}
	return c
}

// newConn returns a connection whose stream is still missing.
func newConn(nc net.Conn, engine Engine) *Conn {
	c := &Conn{
		nc:     nc,
		engine: engine,
		local:  rpc.AddressOf(nc.LocalAddr()),
		remote: rpc.AddressOf(nc.RemoteAddr()),
	}
	c.watch.init(c)
	return c
}

// LocalAddress returns the address of this side.
func (c *Conn) LocalAddress() rpc.Address { return c.local }

// RemoteAddress returns the address of the peer.
func (c *Conn) RemoteAddress() rpc.Address { return c.remote }

// Engine returns the engine that carries the connection: EngineNet or
// EngineNetpoll.
func (c *Conn) Engine() Engine { return c.engine }

// TLS returns the state of the TLS session, nil if there is none.
func (c *Conn) TLS() *tls.ConnectionState {
	t, ok := c.nc.(*tls.Conn)
	if !ok {
		return nil
	}
	state := t.ConnectionState()
	return &state
}

// Write writes all of b. On an error, an *[OpError], a part of b may have been
// written and the connection is of no use any more.
func (c *Conn) Write(b []byte) error {
	sent, err := c.s.write(b)
	if err != nil {
		return c.fail(OpWrite, sent, err)
	}
	return nil
}

// WriteNow writes as much of b as it can without waiting for the peer to read,
// and returns how much that is. On Windows it waits like Write.
func (c *Conn) WriteNow(b []byte) (n int, err error) {
	n, err = c.s.writeSome(b)
	if err != nil {
		return n, c.fail(OpWrite, n > 0, err)
	}
	return n, nil
}

// Answer is Write for a handler that calls it within Data, on the goroutine that
// runs it, while nobody else writes: it takes the shorter way.
func (c *Conn) Answer(b []byte) error {
	sent, err := c.s.answer(b, false)
	if err != nil {
		return c.fail(OpWrite, sent, err)
	}
	return nil
}

// AnswerLast is Answer for a handler that writes nothing more and ends the
// connection then. Over TCP on Linux the end comes with the last byte, so that a
// peer which looks before it sends another request never sends it in vain.
// Elsewhere it comes when the connection is closed.
func (c *Conn) AnswerLast(b []byte) error {
	sent, err := c.s.answer(b, true)
	if err != nil {
		return c.fail(OpWrite, sent, err)
	}
	return nil
}

// Read reads what is there into in, at least one byte, and waits for it if
// there is none. It returns [io.EOF] itself when the peer has closed; other
// errors are *[OpError].
func (c *Conn) Read(in []byte) (int, error) {
	n, err := c.s.read(in)
	if n > 0 || err == nil {
		return n, nil
	}
	if err == io.EOF && c.closing() == nil {
		return 0, io.EOF
	}
	return 0, c.fail(OpRead, false, err)
}

// Exchange writes all of out, then reads at least one byte into in: one turn
// of a client that waits for each answer before it sends the next request. It
// allocates nothing. If the connection is not [Conn.Alive], it sends nothing. The
// error is an *[OpError] whose Op is [OpWrite] or [OpRead]; at [OpRead] its Err
// is [io.EOF] if the peer has closed.
func (c *Conn) Exchange(out, in []byte) (n int, err error) {
	got, err := c.s.exchange(out, in, 0)
	return len(got), err
}

// ExchangeNew is [Conn.Exchange] into new memory of size bytes or a few more,
// which the caller may keep: it is made when there is something to read.
func (c *Conn) ExchangeNew(out []byte, size int) (in []byte, err error) {
	return c.s.exchange(out, nil, max(size, 1))
}

// Keepable reports, within Data, whether its bytes are in memory that nobody
// else has, as a [Keeper] has asked for: not if they are more than it expected.
func (c *Conn) Keepable() bool { return c.keepable }

// Keep makes that memory the handler's own: nothing is ever written to it again.
func (c *Conn) Keep() { c.kept = c.keepable }

// Serve pushes what arrives into h until the peer closes, h returns an error,
// the connection fails or is closed. Then it closes the connection, calls
// h.Closed and returns the same reason, but nil for [io.EOF]. It is called at
// most once, and nothing else may read meanwhile.
func (c *Conn) Serve(h ConnHandler) error {
	if c.state.Or(serving)&serving != 0 {
		panic("transport: Conn.Serve called twice")
	}
	err := c.s.serve(h)
	if err == io.EOF {
		return nil
	}
	return err
}

// SetDeadline sets both deadlines. The zero time means none.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline sets the time after which Read and Exchange fail, also those
// that wait right now, with an error that is [os.ErrDeadlineExceeded]. The zero
// time means none; setting none where none is set costs nothing. It must not be
// used while Serve runs, which reads without one.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if t.IsZero() && !c.readDeadline.Load() {
		return nil
	}
	c.readDeadline.Store(!t.IsZero())
	return c.deadlines.SetReadDeadline(t)
}

// SetWriteDeadline sets the time after which Write and Exchange fail, also
// those that wait right now. While there is one, the write time-out does not
// count. The zero time means none; setting none where none is set costs
// nothing.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	if t.IsZero() && !c.writeDeadline.Load() {
		return nil
	}
	c.writeDeadline.Store(!t.IsZero())
	return c.deadlines.SetWriteDeadline(t)
}

// SetWriteTimeout bounds the time that each Write, and the writing half of each
// Exchange, may wait for the peer to take the bytes. It costs nothing while the
// peer takes them at once. Zero means no bound.
func (c *Conn) SetWriteTimeout(d time.Duration) { c.writeTimeout.Store(int64(max(d, 0))) }

// Alive looks once, without waiting, whether the peer has neither closed nor
// sent bytes that nobody asked for. It is meant for a connection that nobody
// reads right now, such as one that waits in a pool. Over TLS unasked bytes are
// allowed, as they may be the session's own.
func (c *Conn) Alive() bool {
	return c.state.Load()&closed == 0 && c.s.alive()
}

// Pending looks once, without waiting, whether a connection that is served has
// received what its handler has not yet seen the end of: bytes that nobody has
// read, or what a running Data was given. Bytes that Data
// has left may count or not; over TLS, those of the session itself count.
func (c *Conn) Pending() bool {
	return c.state.Load()&closed == 0 && (c.s.unread() || c.seen.Load() == busy)
}

// Watch calls f, at most once and on a goroutine of its own, when the peer
// disconnects while nobody reads: a handler may run for long within Data and
// want to know that nobody waits for its answer any more. It notices within
// some 10 ms. A peer that has closed its sending half counts as disconnected,
// except over TLS, where that is said within the stream.
//
// The caller calls stop when it is no longer interested; f does not start
// afterwards, but may be running. Only one watch at a time is possible; a
// second one replaces the first. A connection of a foreign type that has no
// file descriptor is not watched.
func (c *Conn) Watch(f func()) (stop func()) { return c.watch.set(f) }

// Close closes the connection and wakes every call that waits on it. If Serve
// runs, it returns once the handler's Data has. Close may be called within
// Data, and again.
func (c *Conn) Close() error {
	c.closeFor(net.ErrClosed)
	return nil
}

// closeFor closes the connection for a reason, the first of which counts.
func (c *Conn) closeFor(reason error) {
	c.because(reason)
	c.watch.close() // before the descriptor can get another meaning
	switch old := c.state.Or(closed); {
	case old&closed != 0:
	case old&serving != 0:
		// Whoever serves closes the descriptor when it returns: closing it
		// here would wait for the handler, perhaps for ourselves.
		c.s.interrupt()
	default:
		c.release()
	}
}

// because says why the connection is about to be closed. The first reason counts.
func (c *Conn) because(reason error) { c.reason.CompareAndSwap(nil, &reason) }

// release gives the descriptor back.
func (c *Conn) release() {
	c.state.Or(closed)
	c.watch.close()
	c.nc.Close()
}

// end is the last act of whoever serves: err is why the connection ends, unless
// another reason was first. Nil means that a handler has ended its goroutine.
func (c *Conn) end(h ConnHandler, err error) error {
	if err == nil {
		err = net.ErrClosed
	}
	c.because(err)
	c.release()
	reason := c.closing()
	h.Closed(reason)
	return reason
}

// closing returns why the connection was closed, nil if it is open.
func (c *Conn) closing() error {
	if c.state.Load()&closed == 0 {
		return nil
	}
	if reason := c.reason.Load(); reason != nil {
		return *reason
	}
	return net.ErrClosed
}

// data runs the handler and stamps the connection as busy, then as seen.
func (c *Conn) data(h ConnHandler, in []byte) (consumed, need int, err error) {
	var tick int64
	c.seen.Store(busy)
	consumed, need, err = h.Data(in)
	if c.owner != nil {
		tick = c.owner.tick.Load()
	}
	c.seen.Store(tick)
	if err == nil && (consumed < 0 || consumed > len(in)) {
		err = errors.New("transport: handler consumed more bytes than it was given")
	}
	return consumed, need, err
}

// fail makes err the *OpError that the methods return.
func (c *Conn) fail(op string, sent bool, err error) error {
	if reason := c.closing(); reason != nil {
		err = reason
	}
	return &OpError{Op: op, Addr: c.remote, Err: bare(err), Sent: sent}
}
