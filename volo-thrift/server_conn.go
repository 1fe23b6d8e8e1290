package volothrift

import (
	"encoding/binary"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/transport/combine"
	"github.com/volo-go/volo/volo-thrift/internal/lending"
	"github.com/volo-go/volo/volo-thrift/internal/sniff"
	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

var (
	// ErrPeerGone is the cause with which the context of a handler is
	// cancelled when the client that waits for it disconnects.
	ErrPeerGone = errors.New("volothrift: the client has disconnected")
	// ErrServerClosed is the cause with which the context of a handler is
	// cancelled when the server gives up on it, and what Serve returns after
	// Shutdown or Close.
	ErrServerClosed = errors.New("volothrift: server is closed")
)

// A serverConn is the server's side of one connection. Calls of a peer that
// takes answers out of order run on workers; those of any other peer run here,
// one after the other, since it waits for each answer anyhow.
//
//	       Data: whole frame
//	            │ in order                    │ out of order
//	            ▼                             ▼
//	serve ──► reply ──► Write        worker: serve ──► reply ──► combined write
type serverConn struct {
	server        *Server
	conn          *transport.Conn
	local, remote rpc.Address

	// Of the goroutine that calls Data.
	scan      scanner
	dialect   sniff.Dialect // of the message that is being read
	oversized *oversized    // request that is being left out, nil if none is
	lending   lending.Lending
	told      bool // a reply in order has said that it is the last, where it can

	partial atomic.Bool // the start of a message has arrived, its end has not

	writer   *combine.Writer        // made for the first call out of order
	inflight atomic.Int32           // requests out of order whose answer is not written yet
	last     atomic.Pointer[route]  // of the latest call: peers repeat themselves
	caller   atomic.Pointer[string] // as the latest call has named it
	callee   atomic.Pointer[string]
	stuck    atomic.Int32 // answers that wait because the peer does not read
	resets   atomic.Bool  // the peer was or is to be told to go
	leaving  atomic.Bool  // a goroutine waits to close the connection

	mu    sync.Mutex
	gone  map[int]func(error) // contexts to cancel when the peer is gone
	hooks int
	ended error
}

func newServerConn(s *Server, conn *transport.Conn) *serverConn {
	return &serverConn{
		server: s,
		conn:   conn,
		local:  conn.LocalAddress(),
		remote: conn.RemoteAddress(),
		scan:   scanner{limit: s.o.maxMessageSize, depth: depthOf(s.o.decode)},
	}
}

// protocols maps what sniffing finds to what we call it.
var protocols = [...]Protocol{
	sniff.Framed: Framed, sniff.Unframed: Unframed, sniff.TTHeader: TTHeader, sniff.TTHeaderFramed: TTHeaderFramed,
}

// Data takes whole messages off in. The dialect is found anew for each.
func (c *serverConn) Data(in []byte) (consumed, need int, err error) {
	consumed, need, err = c.messages(in)
	whole := consumed == len(in) && c.oversized == nil
	if err == nil && whole && c.told {
		return consumed, 0, errDrained
	}
	if partial := !whole; partial != c.partial.Load() {
		c.partial.Store(partial)
	}
	return consumed, need, err
}

func (c *serverConn) messages(in []byte) (consumed, need int, err error) {
	for consumed < len(in) {
		rest := in[consumed:]
		if c.oversized != nil {
			n, err := c.leaveOut(rest)
			if consumed += n; err != nil {
				return consumed, 0, err
			}
			continue
		}
		if c.dialect == sniff.Undecided {
			if c.dialect, need, err = sniff.Detect(rest); err != nil || need > 0 {
				return consumed, need, err
			}
		}
		protocol := protocols[c.dialect]
		size, need, err := c.scan.size(protocol, rest)
		if err != nil {
			if need, err = c.oversize(protocol, rest, err); c.oversized != nil {
				c.dialect = sniff.Undecided
				continue
			}
		}
		if err != nil || size == 0 {
			return consumed, need, err
		}
		consumed += size
		c.scan.next()
		c.dialect = sniff.Undecided
		if err := c.message(protocol, rest[:size], size == len(rest)); err != nil {
			return consumed, 0, err
		}
	}
	return consumed, 0, nil
}

// message serves one whole frame, here or on a worker. Nothing has come behind
// it if it is the last.
func (c *serverConn) message(protocol Protocol, frame []byte, last bool) error {
	if protocol == TTHeader && binary.BigEndian.Uint16(frame[6:])&ttheader.FlagOutOfOrder != 0 {
		return c.outOfOrder(frame)
	}
	return c.inOrder(protocol, frame, last)
}

// outOfOrder has a worker serve a call.
func (c *serverConn) outOfOrder(frame []byte) error {
	c.lending.Stop()
	if err := c.unstick(); err != nil {
		return err
	}
	c.inflight.Add(1)
	// The copy is the request's own memory: decoding aliases it.
	c.server.workers.Go(task{c, append([]byte(nil), frame...)})
	return nil
}

// inOrder serves a call here. The answer after which the connection ends leaves
// together with that end: a peer without a header has no other sign.
func (c *serverConn) inOrder(protocol Protocol, frame []byte, last bool) (err error) {
	in := newIncoming(protocol)
	if c.lending.Fits(len(frame)) && c.conn.Keepable() {
		c.conn.Keep()
		in.owned = true
	}
	defer c.served(in)
	err = c.serve(in, frame)
	c.lending.Learn(in.size, in.owned, in.shared)
	if err != nil {
		return err
	}
	c.told = c.told || in.reset
	switch {
	case len(in.reply) == 0:
	case c.told && last:
		err = c.conn.AnswerLast(in.reply)
	default:
		err = c.conn.Answer(in.reply)
	}
	c.server.done(in)
	return err
}

// Keeps implements [transport.Keeper].
func (c *serverConn) Keeps() int {
	if c.oversized != nil {
		return 0 // what comes is no request
	}
	return c.lending.Expect()
}

// served is the end of inOrder. If the handler ends the goroutine, it ends the
// connection with it, which the answer says where it can.
func (c *serverConn) served(in *incoming) {
	if in.running {
		c.resets.Store(true)
		c.exited(in, c.conn.Answer)
	}
	in.release()
}

// write ends the connection when it fails, for whoever's bytes it was.
func (c *serverConn) write(b []byte) error {
	err := c.conn.Write(b)
	if err != nil {
		c.conn.Close()
	}
	return err
}

// writeNow is write without waiting for the peer to read.
func (c *serverConn) writeNow(b []byte) (n int, err error) {
	if n, err = c.conn.WriteNow(b); err != nil {
		c.conn.Close()
	}
	return n, err
}

var errDrained = errors.New("connection is drained")

// A task is a call that a worker runs.
type task struct {
	conn  *serverConn
	frame []byte
}

func (t task) run() {
	c := t.conn
	in := newIncoming(TTHeader)
	in.owned = true
	err := errNoReturn
	defer func() {
		if in.running {
			err = c.exited(in, c.send)
		}
		in.release()
		c.finished(err)
	}()
	failed := c.serve(in, t.frame)
	if failed == nil && len(in.reply) > 0 {
		failed = c.send(in.reply)
	}
	c.server.done(in)
	err = failed
}

var errNoReturn = errors.New("the goroutine of a call was ended behind its handler")

// finished takes note that a call out of order is over. An error ends the
// connection.
func (c *serverConn) finished(err error) {
	c.inflight.Add(-1)
	if err != nil {
		c.refuse(err)
		c.conn.Close()
	}
}

// More unsent bytes than this, and nothing further is read.
const maxUnsent = 1 << 20

// send hands an answer to the combined writes.
func (c *serverConn) send(answer []byte) error {
	b, err := c.writer.BeginNow()
	if err != nil {
		return err
	}
	if len(b) <= maxUnsent {
		return c.writer.End(append(b, answer...), int(c.inflight.Load()))
	}
	c.writer.EndAsync(b)
	c.stuck.Add(1)
	defer c.stuck.Add(-1)
	_, err = c.writer.Send(answer, 2, time.Time{}, nil)
	return err
}

// unstick makes ready for a call out of order. It takes none while answers wait
// for a peer that does not read: it would make us keep any number of them.
func (c *serverConn) unstick() error {
	if c.writer == nil {
		c.mu.Lock() // drain looks at it
		c.writer = combine.New(c.write, c.writeNow)
		c.mu.Unlock()
		return nil
	}
	if c.stuck.Load() == 0 {
		return nil
	}
	c.writer.Flush()
	b, err := c.writer.BeginNow()
	if err == nil {
		c.writer.EndAsync(b)
	}
	return err
}
