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

// serve runs the call in frame and makes its reply, if there is to be one. An
// error means that the connection is of no use any more.
func (c *serverConn) serve(in *incoming, frame []byte) error {
	if err := in.parse(frame); err != nil {
		return err
	}
	c.call(in)
	return c.reply(in)
}

// call runs what in calls, and notes what comes of it.
func (c *serverConn) call(in *incoming) {
	found, unknown := c.route(in)
	switch typ := in.message.Type; {
	case typ != thrift.Call && typ != thrift.Oneway:
		in.outcome = exception(thrift.InvalidMessageType, "got a message of type "+typ.String()+", want a call")
	case unknown != nil:
		in.outcome = outcome{typ: thrift.Exception, body: unknown}
	default:
		if found.method.Oneway {
			in.message.Type = thrift.Oneway // Apache and Kitex send an ordinary call, and want no answer
		}
		if !c.server.begin() {
			in.outcome = c.server.overloaded()
			return
		}
		c.handle(in, found)
		c.server.end()
	}
}

// handle runs the handler, with its layers.
func (c *serverConn) handle(in *incoming, found *route) {
	s := c.server
	req := s.newRequest(c, in, found)
	in.request = req
	req.Args, req.result = found.method.New()
	if err := in.decodeArgs(req.Args, s.o.decode); err != nil {
		in.outcome = exception(thrift.ProtocolError, err.Error())
		return
	}
	if s.o.timePhases {
		req.Info.Stats.DecodeDone = time.Since(req.Info.Stats.Start)
	}
	call := (*callContext)(req)
	in.running = true
	resp, err := s.stack.Call(call, req)
	in.running = false
	call.finish()
	switch {
	case !found.method.Oneway:
		in.outcome = s.outcomeOf(call, req, resp, err, in.protocol.hasHeader())
	case err != nil:
		s.onewayFailed(req, err)
	}
}

// overloaded is what a request comes to that is one too many.
func (s *Server) overloaded() outcome {
	return refusal(fmt.Sprintf("%d requests are being handled, no more are taken (see WithMaxRequests)", s.o.maxRequests), 0)
}

// onewayFailed tells the log, since nobody else can be told.
func (s *Server) onewayFailed(req *Request, err error) {
	s.o.logger.Warn("volothrift: oneway call failed", "service", req.Info.Service, "method", req.Info.Method, "error", err)
}

// exited is what remains of serve and of its caller when a handler has called
// runtime.Goexit.
func (c *serverConn) exited(in *incoming, send func([]byte) error) error {
	req := in.request
	in.running = false
	(*callContext)(req).finish()
	c.server.end()
	if req.Info.Oneway {
		c.server.onewayFailed(req, errExited)
	}
	in.outcome = exception(thrift.InternalError, errExited.Error())
	err := c.reply(in)
	if err == nil && len(in.reply) > 0 {
		err = send(in.reply)
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

// reply makes the reply to in. If it cannot be encoded, the caller gets to know
// that instead.
func (c *serverConn) reply(in *incoming) error {
	if in.message.Type == thrift.Oneway {
		return nil // nobody listens
	}
	in.reset = c.resets.Load()
	limit := c.server.o.maxMessageSize
	err := in.encode(in.request, limit)
	if err != nil {
		in.outcome = exception(thrift.InternalError, "the answer cannot be sent: "+err.Error())
		err = in.encode(nil, limit)
	}
	if req := in.request; req != nil {
		req.Info.Stats.SentBytes = len(in.reply)
		if c.server.o.timePhases {
			req.Info.Stats.EncodeDone = time.Since(req.Info.Stats.Start)
		}
	}
	return err
}
