package volothrift

import (
	"context"
	"errors"
	"sync"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/transport/combine"
	"github.com/volo-go/volo/volo-thrift/internal/sniff"
	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

// This file is how connections and what runs on them come to an end: the peer
// leaves, the server drains, or something is wrong.

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

// Idle reports that no call runs out of order. Of those in order the connection
// knows, which has Data run as long as they do.
func (c *serverConn) Idle() bool { return c.inflight.Load() == 0 }

// quiet reports that no call runs out of order and none is arriving.
func (c *serverConn) quiet() bool { return c.Idle() && !c.partial.Load() }

// departs reports whether the peer can be expected to end the connection: it
// multiplexes, and so was asked to, or will be by the first answer that it gets.
func (c *serverConn) departs() bool { return c.combined() != nil || c.last.Load() == nil }

// leave closes the connection once its last answer is on its way, unless
// another request has come by then, be it only as far as the kernel.
func (c *serverConn) leave(leaving *sync.WaitGroup) {
	if c.leaving.Swap(true) {
		return
	}
	leaving.Go(func() {
		defer c.leaving.Store(false)
		if w := c.combined(); w != nil {
			w.Flush()
		}
		// In this order: what is not pending any more was counted.
		if !c.conn.Pending() && c.quiet() {
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
