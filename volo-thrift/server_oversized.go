package volothrift

import (
	"encoding/binary"
	"errors"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/volo-thrift/internal/framed"
	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

// This file is what becomes of requests over WithMaxMessageSize whose length is
// known from the start: their bytes are left out as they come, then their
// caller is told, and nobody else on the connection need know.

// An oversized is a request that is being left out.
type oversized struct {
	in   incoming // aliases nothing
	left int      // bytes that are yet to come
	over *LimitError
}

// maxName is how long the name of a method may be that an oversized request
// calls. Not more than that and a header is kept of it.
const maxName = 1 << 10

// oversize begins to leave out the message that starts b, once as much of it is
// there as its answer must repeat; need is how much that is. It returns err, if
// that is no limit of ours or no such message.
func (c *serverConn) oversize(protocol Protocol, b []byte, err error) (need int, _ error) {
	over, ok := errors.AsType[*LimitError](err)
	if !ok || protocol == Unframed || over.Got > ttheader.MaxFrameSize {
		return 0, err
	}
	o := &oversized{in: incoming{protocol: protocol}, left: over.Got, over: over}
	need, bad := o.in.parseHead(b)
	switch {
	case bad != nil:
		return 0, bad
	case need > over.Got:
		return 0, err
	case need > 0:
		return need, nil
	}
	if found, _ := c.route(&o.in); found != nil && found.method.Oneway {
		o.in.message.Type = thrift.Oneway
	}
	h := &o.in.header
	o.in.header = ttheader.Header{Flags: h.Flags, Protocol: h.Protocol, SeqID: h.SeqID}
	o.in.message.Name = nil
	c.oversized = o
	return 0, nil
}

// parseHead is parse for a message whose rest has not come and is not wanted.
// While b is too short, it returns how long it must be.
func (in *incoming) parseHead(b []byte) (need int, err error) {
	at := framed.HeaderSize
	if in.protocol.hasHeader() {
		if in.header, at, err = ttheader.ParseHead(b); err != nil {
			return 0, err
		}
		if len(b) <= at {
			return at + 1, nil
		}
		if err := in.checkProtocol(); err != nil {
			return 0, err
		}
		if b[at]&0x80 == 0 {
			in.protocol = TTHeaderFramed
			at += framed.HeaderSize
		}
	}
	end := at + 8
	if len(b) >= end {
		n := binary.BigEndian.Uint32(b[at+4:])
		end += int(min(n, maxName)) + 4
	}
	if len(b) < end {
		return end, nil
	}
	in.message, _, err = thrift.ConsumeMessageBegin(b[at:end])
	return 0, err
}

// leaveOut leaves out what there is of the oversized request.
func (c *serverConn) leaveOut(b []byte) (n int, err error) {
	o := c.oversized
	n = min(o.left, len(b))
	if o.left -= n; o.left > 0 {
		return n, nil
	}
	c.oversized = nil
	c.server.o.logger.Warn("volothrift: request refused", "peer", c.remote.String(), "method", o.in.name, "reason", o.over.Error())
	o.in.outcome = exception(thrift.ProtocolError, "the request cannot be taken: "+o.over.Error())
	err = c.reply(&o.in)
	if err != nil || len(o.in.reply) == 0 {
		return n, err
	}
	if o.in.outOfOrder() {
		if err := c.unstick(); err != nil {
			return n, err
		}
		c.inflight.Add(1)
		defer c.inflight.Add(-1)
		return n, c.send(o.in.reply)
	}
	c.told = c.told || o.in.reset
	return n, c.conn.Answer(o.in.reply)
}

// outOfOrder reports whether the peer takes the answer in any order.
func (in *incoming) outOfOrder() bool {
	return in.protocol.hasHeader() && in.header.Flags&ttheader.FlagOutOfOrder != 0
}
