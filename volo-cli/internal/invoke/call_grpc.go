package invoke

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/volo-go/volo/motore"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// observeGRPC is a layer that notes the facts of unary calls.
func observeGRPC(next vologrpc.Handler) vologrpc.Handler {
	return motore.ServiceFunc[*vologrpc.Request, *vologrpc.Response](
		func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			resp, err := next.Call(ctx, req)
			observe(ctx, &req.Info)
			return resp, err
		})
}

// grpcMethod returns a method as the framework wants it.
func grpcMethod(m *Method) *vologrpc.Method {
	desc := m.raw.(protoreflect.MethodDescriptor)
	out := &vologrpc.Method{
		Service: m.Service, Name: m.Name, Kind: vologrpc.Unary,
		NewRequest:  func() proto.Message { return dynamicpb.NewMessage(desc.Input()) },
		NewResponse: func() proto.Message { return dynamicpb.NewMessage(desc.Output()) },
	}
	switch {
	case m.ClientStreams && m.ServerStreams:
		out.Kind = vologrpc.BidiStreaming
	case m.ClientStreams:
		out.Kind = vologrpc.ClientStreaming
	case m.ServerStreams:
		out.Kind = vologrpc.ServerStreaming
	}
	return out
}

// A grpcCall is one call that is made.
type grpcCall struct {
	*Call
	peer   *Peer
	method *vologrpc.Method
	reply  *Reply
	types  resolver
}

func (p *Peer) callGRPC(ctx context.Context, m *Method, c *Call, reply *Reply) error {
	call := &grpcCall{c, p, grpcMethod(m), reply, resolver{ctx, p.source}}
	client, err := p.withMetadata(c.Metadata)
	if err != nil {
		return err
	}
	if call.method.Kind == vologrpc.Unary {
		return call.unary(ctx, client)
	}
	return call.stream(ctx, client)
}

func (p *Peer) withMetadata(pairs []Pair) (*vologrpc.Client, error) {
	if len(pairs) == 0 {
		return p.grpc, nil
	}
	var flat []string
	for _, pair := range pairs {
		pair, err := pair.wire()
		if err != nil {
			return nil, err
		}
		flat = append(flat, pair.Key, pair.Value)
	}
	return p.grpc.With(vologrpc.CallMetadata(flat...)), nil
}

func (c *grpcCall) unary(ctx context.Context, client *vologrpc.Client) error {
	req, err := c.request()
	if err != nil {
		return err
	}
	var received vologrpc.Received
	resp := c.method.NewResponse()
	err = client.Unary(vologrpc.WithReceived(ctx, &received), c.method, req, resp)
	c.reply.Sent++
	c.header(received.Header)
	c.reply.Trailer = pairsOf(received.Trailer)
	if err != nil {
		return err
	}
	return c.answer(resp)
}

// request returns the only request.
func (c *grpcCall) request() (proto.Message, error) {
	text, err := c.one()
	if err != nil {
		return nil, err
	}
	return c.parse(text)
}

func (c *grpcCall) parse(text []byte) (proto.Message, error) {
	m := c.method.NewRequest()
	o := protojson.UnmarshalOptions{Resolver: c.types, DiscardUnknown: c.peer.config.IgnoreUnknown}
	if err := o.Unmarshal(text, m); err != nil {
		return nil, &InputError{err}
	}
	return m, nil
}

func (c *grpcCall) answer(m proto.Message) error {
	text, err := protojson.MarshalOptions{Resolver: c.types, EmitUnpopulated: c.peer.config.Defaults}.Marshal(m)
	if err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return c.receive(c.reply, text)
}

func (c *grpcCall) header(h vologrpc.Metadata) {
	c.reply.Header = pairsOf(h)
	if c.Header != nil {
		c.Header(c.reply.Header)
	}
}

func pairsOf(m vologrpc.Metadata) (pairs []Pair) {
	for _, p := range m {
		pairs = append(pairs, Pair{p.Key, p.Value}.text())
	}
	return pairs
}

// stream makes a call that is not unary: one goroutine sends, this one
// receives.
func (c *grpcCall) stream(ctx context.Context, client *vologrpc.Client) error {
	var first proto.Message
	if c.method.Kind == vologrpc.ServerStreaming {
		var err error
		if first, err = c.request(); err != nil {
			return err
		}
		c.reply.Sent++
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s, err := client.Stream(ctx, c.method, first)
	if err != nil {
		return err
	}
	defer s.Close()
	var sent atomic.Int64
	if first == nil {
		go func() {
			if err := c.send(s, &sent); err != nil {
				cancel(err)
			}
		}()
	}
	err = c.receiveAll(s)
	if cause := context.Cause(ctx); cause != nil && ctx.Err() == context.Canceled && cause != context.Canceled {
		err = cause // what was to be sent is at fault
	}
	c.reply.Sent += int(sent.Load()) // Next may not have returned
	c.reply.Trailer = pairsOf(s.Trailer())
	return err
}

// send sends until there is no more, or the stream has ended, of which the
// receiver will hear why. It counts what it has sent, which may be answered
// before Send returns.
func (c *grpcCall) send(s *vologrpc.ClientStream, sent *atomic.Int64) error {
	for c.Next != nil {
		text, err := c.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		m, err := c.parse(text)
		if err != nil {
			return err
		}
		sent.Add(1)
		if s.Send(m) != nil {
			sent.Add(-1)
			return nil
		}
	}
	_ = s.CloseSend() // Recv tells as well
	return nil
}

func (c *grpcCall) receiveAll(s *vologrpc.ClientStream) error {
	if h, err := s.Header(); err == nil {
		c.header(h)
	}
	for {
		m := c.method.NewResponse()
		if err := s.Recv(m); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := c.answer(m); err != nil {
			return err
		}
		if c.method.Kind == vologrpc.ClientStreaming {
			return nil
		}
	}
}
