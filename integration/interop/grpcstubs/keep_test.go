package grpcstubs_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"

	voloecho "github.com/volo-go/volo/integration/bench/genproto/volo/echo"
	"github.com/volo-go/volo/integration/bench/genproto/volo/echo/voloechogrpc"
)

// A cellar keeps what calls have shown to handlers, layers and callers, and how
// each thing looked when it came.
type cellar struct {
	mu   sync.Mutex
	kept []kept
}

type kept struct {
	what string
	was  string
	is   func() string
}

// keep keeps what is read by is. What that returns may share memory with it.
func (c *cellar) keep(what string, is func() string) {
	k := kept{what, strings.Clone(is()), is}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = append(c.kept, k)
}

func (c *cellar) message(what string, m *voloecho.Message) {
	text := m.Msg // without the message that it came in
	c.keep(what, func() string { return m.Action + " " + m.Msg })
	c.keep("a string of "+what, func() string { return text })
	whole := proto.Clone(m)
	c.keep("a clone of "+what, func() string { return fmt.Sprint(proto.Equal(whole, m)) })
}

// call keeps a request and its context. They may change until the layer that
// keeps them has returned.
func (c *cellar) call(what string, ctx context.Context, req *vologrpc.Request) {
	info := rpc.FromContext(ctx)
	c.keep(what, func() string {
		deadline, _ := ctx.Deadline()
		return fmt.Sprint(
			req.Info.Role, req.Info.Service, req.Info.Method, req.Info.Caller, req.Info.Callee, req.Info.Deadline, req.Info.Stats.Start,
			req.Method.Name, req.Metadata, req.Message, deadline, rpc.FromContext(ctx) == info, info == &req.Info,
			vologrpc.MetadataFrom(ctx))
	})
}

func (c *cellar) answer(what string, resp *vologrpc.Response) {
	if resp == nil || resp.Message == nil {
		return
	}
	c.message("the message of "+what, resp.Message.(*voloecho.Message))
	c.keep(what, func() string { return fmt.Sprint(resp.Message, resp.Header(), resp.Trailer()) })
}

// layer keeps all that a layer gets to see.
func (c *cellar) layer(side string) vologrpc.Layer {
	return func(next vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			events := vologrpc.StreamEvents{
				Sent:     func(m proto.Message) { c.message("what a "+side+" has sent", m.(*voloecho.Message)) },
				Received: func(m proto.Message) { c.message("what a "+side+" has received", m.(*voloecho.Message)) },
			}
			if s := req.Stream(); s != nil && req.Method.Kind != vologrpc.Unary {
				s.Observe(events)
			}
			resp, err := next.Call(ctx, req)
			if err == nil && resp.Stream != nil {
				resp.Stream.Observe(events)
			}
			c.call("the call of a "+side, ctx, req)
			c.answer("the answer of a "+side, resp)
			return resp, err
		})
	}
}

// keepers answers with what it gets, and keeps it.
type keepers struct{ *cellar }

func (k keepers) Unary(ctx context.Context, req *voloecho.Message) (*voloecho.Message, error) {
	k.message("a handler's request", req)
	vologrpc.SetHeader(ctx, "x-head", "of "+req.Action)
	vologrpc.SetTrailer(ctx, "x-tail", "of "+req.Action)
	return &voloecho.Message{Action: req.Action, Msg: req.Msg}, nil
}

func (k keepers) Bidi(_ context.Context, s *vologrpc.Duplex[voloecho.Message, voloecho.Message]) error {
	for {
		req, err := s.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		k.message("a handler's message of a stream", req)
		if err := s.Send(&voloecho.Message{Action: req.Action, Msg: req.Msg}); err != nil {
			return err
		}
	}
}

func (k keepers) Flood(_ context.Context, req *voloecho.Message, s *vologrpc.Sender[voloecho.Message]) error {
	k.message("a handler's request", req)
	for range 3 {
		if err := s.Send(&voloecho.Message{Action: req.Action, Msg: req.Msg}); err != nil {
			return err
		}
	}
	return nil
}

// A customer calls, and keeps what it gets.
type customer struct {
	*cellar
	*voloechogrpc.EchoClient
}

func (c customer) unary(ctx context.Context, m *voloecho.Message) error {
	got := new(vologrpc.Received)
	resp, err := c.Unary(vologrpc.WithReceived(vologrpc.WithMetadata(ctx, "x-name", m.Action), got), m)
	if err != nil {
		return err
	}
	c.message("a caller's answer", resp)
	c.keep("the metadata of a caller's answer", func() string { return fmt.Sprint(got.Header, got.Trailer, got.Peer) })
	return nil
}

func (c customer) bidi(ctx context.Context, m *voloecho.Message) error {
	s, err := c.Bidi(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	for range 3 {
		if err := s.Send(m); err != nil {
			return err
		}
		resp, err := s.Recv()
		if err != nil {
			return err
		}
		c.message("a caller's message of a stream", resp)
	}
	s.CloseSend()
	if _, err := s.Recv(); err != io.EOF {
		return fmt.Errorf("after the last message: %w", err)
	}
	return nil
}

func (c customer) flood(ctx context.Context, m *voloecho.Message) error {
	s, err := c.Flood(ctx, m)
	if err != nil {
		return err
	}
	for resp, err := range s.All() {
		if err != nil {
			return err
		}
		c.message("a caller's message of a stream", resp)
	}
	return nil
}

// TestWhatIsKeptStaysAsItWas: whatever serves other calls when one is over
// (connections, streams, buffers, on a client without layers requests), nothing
// that the one has shown to anybody is touched by them.
func TestWhatIsKeptStaysAsItWas(t *testing.T) {
	for _, test := range []struct {
		name string
		opts func(*cellar) []vologrpc.ClientOption
	}{
		{"a client without layers", func(*cellar) []vologrpc.ClientOption { return nil }},
		{"a client with layers", func(c *cellar) []vologrpc.ClientOption {
			return []vologrpc.ClientOption{vologrpc.WithOuter(c.layer("client")), vologrpc.WithInner(c.layer("client, once more"))}
		}},
		{"a client that compresses", func(*cellar) []vologrpc.ClientOption {
			return []vologrpc.ClientOption{vologrpc.WithCompressors(vologrpc.Gzip), vologrpc.WithCompression("gzip")}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := new(cellar)
			address := serveWith(t, []vologrpc.ServerOption{
				vologrpc.WithLayers(c.layer("server")), vologrpc.WithCompressors(vologrpc.Gzip),
			}, voloechogrpc.NewEchoService(keepers{c}))
			client, err := voloechogrpc.NewEchoClient(address, test.opts(c)...)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			everyKind(t, customer{c, client})
			runtime.GC() // takes what nobody has kept

			changed := 0
			for _, k := range c.kept {
				if is := k.is(); is != k.was {
					if changed++; changed < 5 {
						t.Errorf("%s is %.80q now, it was %.80q", k.what, is, k.was)
					}
				}
			}
			if changed > 0 {
				t.Errorf("%d of %d things that were kept have changed", changed, len(c.kept))
			}
		})
	}
}

// everyKind makes calls of all kinds, by several callers at once.
func everyKind(t *testing.T, c customer) {
	ctx := soon(t)
	var callers sync.WaitGroup
	for caller := range 4 {
		callers.Go(func() {
			for i := range 30 {
				name := fmt.Sprintf("%d of caller %d", i, caller)
				m := &voloecho.Message{Action: name, Msg: strings.Repeat(name+" ", 1<<(i%9))}
				for _, call := range []func(context.Context, *voloecho.Message) error{c.unary, c.unary, c.bidi, c.flood} {
					if err := call(ctx, m); err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
				}
			}
		})
	}
	callers.Wait()
}
