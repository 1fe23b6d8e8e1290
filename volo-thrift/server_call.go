package volothrift

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

// This file takes a call from its frame to its reply, wherever it runs.

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
		return c.reply(b, in, nil, refusal(fmt.Sprintf("%d requests are being handled, no more are taken (see WithMaxRequests)", s.o.maxRequests), 0))
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
	in.running = true
	resp, err := s.stack.Call(call, req)
	in.running = false
	call.finish()
	if found.method.Oneway {
		if err != nil {
			s.onewayFailed(req, err)
		}
		return b, nil
	}
	return c.reply(b, in, req, s.outcomeOf(call, req, resp, err, in.protocol.hasHeader()))
}

// onewayFailed tells the log, since nobody else can be told.
func (s *Server) onewayFailed(req *Request, err error) {
	s.o.logger.Warn("volothrift: oneway call failed", "service", req.Info.Service, "method", req.Info.Method, "error", err)
}

// exited is what remains of serve and of its caller when a handler has called
// runtime.Goexit.
func (c *serverConn) exited(in *incoming, buf *scratch, send func([]byte) error) (err error) {
	req := in.request
	in.running = false
	(*callContext)(req).finish()
	if req.Info.Oneway {
		c.server.onewayFailed(req, errExited)
	}
	buf.b, err = c.reply(buf.b[:0], in, req, exception(thrift.InternalError, errExited.Error()))
	if err == nil && len(buf.b) > 0 {
		err = send(buf.b)
	}
	c.server.done(in)
	return err
}

var errExited = errors.New("the handler has ended its goroutine")

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
