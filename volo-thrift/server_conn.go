package volothrift

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/transport/combine"
	"github.com/volo-go/volo/pilota/thrift"
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
	scan    scanner
	dialect sniff.Dialect // of the message that is being read
	told    bool          // a reply in order has said that it is the last, where it can

	partial atomic.Bool // the start of a message has arrived, its end has not

	writer   *combine.Writer       // made for the first call out of order
	inflight atomic.Int32          // requests whose answer is not written yet
	last     atomic.Pointer[route] // of the latest call: peers repeat themselves
	stuck    atomic.Int32          // answers that wait because the peer does not read
	resets   atomic.Bool           // the peer was or is to be told to go
	leaving  atomic.Bool           // a goroutine waits to close the connection
	busyAt   atomic.Int64          // when Idle last found a request, in Unix nanoseconds

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
	if err == nil && consumed == len(in) && c.told {
		return consumed, 0, errDrained
	}
	if partial := consumed < len(in); partial != c.partial.Load() {
		c.partial.Store(partial)
	}
	return consumed, need, err
}

func (c *serverConn) messages(in []byte) (consumed, need int, err error) {
	for consumed < len(in) {
		rest := in[consumed:]
		if c.dialect == sniff.Undecided {
			if c.dialect, need, err = sniff.Detect(rest); err != nil || need > 0 {
				return consumed, need, err
			}
		}
		protocol := protocols[c.dialect]
		size, need, err := c.scan.size(protocol, rest)
		if err != nil || size == 0 {
			return consumed, need, err
		}
		consumed += size
		c.scan.next()
		c.dialect = sniff.Undecided
		if err := c.message(protocol, rest[:size]); err != nil {
			return consumed, 0, err
		}
	}
	return consumed, 0, nil
}

// message serves one whole frame, here or on a worker.
func (c *serverConn) message(protocol Protocol, frame []byte) error {
	if protocol == TTHeader && binary.BigEndian.Uint16(frame[6:])&ttheader.FlagOutOfOrder != 0 {
		if c.writer == nil {
			c.mu.Lock() // drain looks at it
			c.writer = combine.New(c.write)
			c.mu.Unlock()
		}
		if err := c.unstick(); err != nil {
			return err
		}
		c.inflight.Add(1)
		// The copy is the request's own memory: decoding aliases it.
		c.server.workers.Go(task{c, append([]byte(nil), frame...)})
		return nil
	}
	c.inflight.Add(1)
	defer c.inflight.Add(-1)
	buf := scratches.Get().(*scratch)
	defer buf.release()
	var err error
	in := incoming{protocol: protocol}
	if buf.b, err = c.serve(&in, frame, buf.b); err != nil {
		return err
	}
	c.told = c.told || in.reset
	if len(buf.b) > 0 {
		err = c.conn.Write(buf.b)
	}
	c.server.done(&in)
	return err
}

// write ends the connection when it fails, for whoever's bytes it was.
func (c *serverConn) write(b []byte) error {
	err := c.conn.Write(b)
	if err != nil {
		c.conn.Close()
	}
	return err
}

var errDrained = errors.New("connection is drained")

// A task is a call that a worker runs.
type task struct {
	conn  *serverConn
	frame []byte
}

func (t task) run() {
	c := t.conn
	buf := scratches.Get().(*scratch)
	defer buf.release()
	err := errNoReturn
	defer func() { c.finished(err) }()
	in := incoming{protocol: TTHeader, owned: true}
	answer, failed := c.serve(&in, t.frame, buf.b)
	buf.b = answer
	if failed == nil && len(answer) > 0 {
		failed = c.send(answer)
	}
	c.server.done(&in)
	err = failed
}

var errNoReturn = errors.New("a handler ended its goroutine, as t.FailNow and runtime.Goexit do")

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
		return c.writer.End(append(b, answer...), c.inflight.Load() > 1)
	}
	c.writer.EndAsync(b)
	c.stuck.Add(1)
	defer c.stuck.Add(-1)
	_, err = c.writer.Send(answer, true, time.Time{}, nil)
	return err
}

// unstick takes no further request while answers wait for a peer that does not
// read: it would make us keep any number of them.
func (c *serverConn) unstick() error {
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

// serve runs the call in frame and appends its reply, if there is one, to b.
// An error means that the connection is of no use any more.
func (c *serverConn) serve(in *incoming, frame, b []byte) ([]byte, error) {
	s := c.server
	if err := in.parse(frame); err != nil {
		return b, err
	}
	found, unknown := c.route(in)
	if in.message.Type != thrift.Call && in.message.Type != thrift.Oneway {
		return c.reply(b, in, nil, exception(thrift.InvalidMessageType, "got a message of type "+in.message.Type.String()+", want a call"))
	}
	if unknown != nil {
		return c.reply(b, in, nil, outcome{typ: thrift.Exception, body: unknown})
	}
	if found.method.Oneway {
		in.message.Type = thrift.Oneway // Apache and Kitex send an ordinary call, and want no answer
	}
	if !s.begin() {
		return c.reply(b, in, nil, exception(thrift.InternalError, fmt.Sprintf("%d requests are being handled, no more are taken (see WithMaxRequests)", s.o.maxRequests)))
	}
	defer s.end()

	req := s.newRequest(c, in, found)
	in.request = req
	req.Args, req.result = found.method.New()
	if err := in.decodeArgs(req.Args, s.o.decode); err != nil {
		return c.reply(b, in, nil, exception(thrift.ProtocolError, err.Error()))
	}
	if s.o.timePhases {
		req.Info.Stats.DecodeDone = time.Since(req.Info.Stats.Start)
	}
	call := (*callContext)(req)
	resp, err := s.stack.Call(call, req)
	call.finish()
	if found.method.Oneway {
		if err != nil {
			s.o.logger.Warn("volothrift: oneway call failed", "service", found.service, "method", found.method.Name, "error", err)
		}
		return b, nil
	}
	return c.reply(b, in, req, outcomeOf(req, resp, err, in.protocol.hasHeader()))
}

// route finds what a request calls, and the name that its reply bears: that of
// the method, without the service that Apache's multiplexed protocol puts
// before it.
func (c *serverConn) route(in *incoming) (*route, *thrift.ApplicationException) {
	service, _ := in.header.String(ttheader.KeyService)
	if last := c.last.Load(); last != nil && last.answers(service, in.message.Name) {
		in.name = last.method.Name
		return last, nil
	}
	found, unknown := c.server.router.find(service, in.message.Name)
	if unknown == nil {
		c.last.Store(found)
		in.name = found.method.Name // spares the reply a string
		return found, nil
	}
	name := in.message.Name
	if _, method, ok := bytes.Cut(name, []byte(":")); ok {
		name = method
	}
	in.name = string(name)
	return nil, unknown
}

// reply appends an answer. If it cannot be encoded, the caller gets to know
// that instead.
func (c *serverConn) reply(b []byte, in *incoming, req *Request, out outcome) ([]byte, error) {
	if in.message.Type == thrift.Oneway {
		return b, nil // nobody listens
	}
	out.reset = c.resets.Load()
	in.reset = out.reset
	start := len(b)
	b, err := appendReply(b, in, req, out, c.server.o.maxMessageSize)
	if err != nil {
		why := exception(thrift.InternalError, "the answer cannot be sent: "+err.Error())
		why.reset = out.reset
		b, err = appendReply(b[:start], in, nil, why, c.server.o.maxMessageSize)
	}
	if req != nil {
		req.Info.Stats.SentBytes = len(b) - start
		if c.server.o.timePhases {
			req.Info.Stats.EncodeDone = time.Since(req.Info.Stats.Start)
		}
	}
	return b, err
}

// onGone arranges for cancel to be called when the peer disconnects or the
// server gives up, until unhook is called.
func (c *serverConn) onGone(cancel context.CancelCauseFunc) (unhook func()) {
	c.mu.Lock()
	if c.ended != nil {
		c.mu.Unlock()
		cancel(c.ended)
		return nil
	}
	if c.gone == nil {
		c.gone = make(map[int]func(error))
	}
	id := c.hooks
	c.hooks++
	c.gone[id] = cancel
	inOrder := c.writer == nil
	c.mu.Unlock()

	stopWatch := func() {}
	if inOrder {
		// Nobody reads while a call runs in order; somebody must look.
		stopWatch = c.conn.Watch(func() { cancel(ErrPeerGone) })
	}
	return func() {
		stopWatch()
		c.mu.Lock()
		delete(c.gone, id)
		c.mu.Unlock()
	}
}

// end cancels what the connection still runs.
func (c *serverConn) end(cause error) {
	c.mu.Lock()
	c.ended = cause
	var cancels []func(error)
	for _, cancel := range c.gone {
		cancels = append(cancels, cancel)
	}
	c.mu.Unlock()
	for _, cancel := range cancels {
		cancel(cause)
	}
}

// Closed is called by the transport when the connection is over.
func (c *serverConn) Closed(err error) {
	c.refuse(err)
	c.end(ErrPeerGone)
	if c.writer != nil {
		c.writer.Close(nil)
	}
	c.server.remove(c)
}

// Idle reports that no call runs and none has for as long as a connection may
// be idle. The transport counts from the last byte that has arrived, which is
// long ago when a long call ends.
func (c *serverConn) Idle() bool {
	now := time.Now().UnixNano()
	if c.inflight.Load() > 0 {
		c.busyAt.Store(now)
		return false
	}
	return now-c.busyAt.Load() >= int64(c.server.o.idleTimeout)
}

// quiet reports that no call runs and none is arriving.
func (c *serverConn) quiet() bool { return c.inflight.Load() == 0 && !c.partial.Load() }

// leave closes the connection once its last answer is on its way, unless
// another request has come by then.
func (c *serverConn) leave(leaving *sync.WaitGroup) {
	if c.leaving.Swap(true) {
		return
	}
	leaving.Go(func() {
		defer c.leaving.Store(false)
		if w := c.combined(); w != nil {
			w.Flush()
		}
		if c.quiet() {
			c.conn.Close()
		}
	})
}

// combined returns the writer of calls out of order; nil before the first.
func (c *serverConn) combined() *combine.Writer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writer
}

// refuse logs why a connection was ended, where that is worth a line: a peer
// that speaks something else, or a malformed or oversized message.
func (c *serverConn) refuse(err error) {
	var unknown *sniff.UnknownError
	var network *transport.OpError
	switch {
	case err == nil, errors.Is(err, errDrained), errors.As(err, &network), isEnd(err):
		return
	case errors.As(err, &unknown):
		err = unknown
	}
	c.server.o.logger.Warn("volothrift: connection closed", "peer", c.remote.String(), "reason", err.Error())
}

// drain asks the peer to go: with a control frame if it multiplexes, with a
// mark in the next reply otherwise.
func (c *serverConn) drain() {
	if c.resets.Swap(true) {
		return
	}
	writer := c.combined()
	if writer == nil {
		return
	}
	if b, err := writer.BeginNow(); err == nil {
		writer.EndAsync(append(b, controlFrame...)) // the peer may not be reading
	}
}

// controlFrame tells a multiplexing peer that the connection is about to end:
// a frame with sequence id 0, which no call has, and the reset mark.
var controlFrame = func() []byte {
	var h ttheader.Appender
	b := h.Begin(nil, ttheader.FlagOutOfOrder, 0, ttheader.ProtocolBinary)
	b = h.String(b, ttheader.KeyConnectionReset, "1")
	b, _ = h.EndHeader(b)
	b, _ = h.End(b)
	return b
}()
