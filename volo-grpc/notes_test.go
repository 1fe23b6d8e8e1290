package vologrpc_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// This file is what generated code for a service would be, by hand:
//
//	service Notes {
//	  rpc Get(StringValue) returns (StringValue);
//	  rpc Put(stream StringValue) returns (StringValue);
//	  rpc List(StringValue) returns (stream StringValue);
//	  rpc Chat(stream StringValue) returns (stream StringValue);
//	}

type note = wrapperspb.StringValue

func of(s string) *note { return wrapperspb.String(s) }

// notes is a handler whose methods are what a test says.
type notes struct {
	get  func(ctx context.Context, in *note) (*note, error)
	put  func(ctx context.Context, s *vologrpc.Receiver[note]) (*note, error)
	list func(ctx context.Context, in *note, s *vologrpc.Sender[note]) error
	chat func(ctx context.Context, s *vologrpc.Duplex[note, note]) error
}

func newNote() proto.Message { return new(note) }

var (
	methodGet = &vologrpc.Method{
		Service: "test.v1.Notes", Name: "Get", Kind: vologrpc.Unary, NewRequest: newNote, NewResponse: newNote,
		Invoke: func(ctx context.Context, h any, req proto.Message) (proto.Message, error) {
			return h.(notes).get(ctx, req.(*note))
		},
	}
	methodPut = &vologrpc.Method{
		Service: "test.v1.Notes", Name: "Put", Kind: vologrpc.ClientStreaming, NewRequest: newNote, NewResponse: newNote,
		Serve: func(ctx context.Context, h any, s *vologrpc.ServerStream) error {
			out, err := h.(notes).put(ctx, vologrpc.NewReceiver[note](s))
			if err != nil {
				return err
			}
			return s.Send(out)
		},
	}
	methodList = &vologrpc.Method{
		Service: "test.v1.Notes", Name: "List", Kind: vologrpc.ServerStreaming, NewRequest: newNote, NewResponse: newNote,
		Serve: func(ctx context.Context, h any, s *vologrpc.ServerStream) error {
			in := new(note)
			if err := s.Recv(in); err != nil {
				return err
			}
			return h.(notes).list(ctx, in, vologrpc.NewSender[note](s))
		},
	}
	methodChat = &vologrpc.Method{
		Service: "test.v1.Notes", Name: "Chat", Kind: vologrpc.BidiStreaming, NewRequest: newNote, NewResponse: newNote,
		Serve: func(ctx context.Context, h any, s *vologrpc.ServerStream) error {
			return h.(notes).chat(ctx, vologrpc.NewDuplex[note, note](s))
		},
	}
)

func service(h notes) *vologrpc.Service {
	return &vologrpc.Service{
		Name: "test.v1.Notes", Handler: h,
		Methods: []*vologrpc.Method{methodGet, methodPut, methodList, methodChat},
	}
}

// echo answers with what it was sent.
var echo = notes{
	get: func(_ context.Context, in *note) (*note, error) { return of(in.Value), nil },
	put: func(_ context.Context, s *vologrpc.Receiver[note]) (*note, error) {
		all := ""
		for {
			in, err := s.Recv()
			if err == io.EOF {
				return of(all), nil
			}
			if err != nil {
				return nil, err
			}
			all += in.Value
		}
	},
	list: func(_ context.Context, in *note, s *vologrpc.Sender[note]) error {
		for _, r := range in.Value {
			if err := s.Send(of(string(r))); err != nil {
				return err
			}
		}
		return nil
	},
	chat: func(_ context.Context, s *vologrpc.Duplex[note, note]) error {
		for {
			in, err := s.Recv()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := s.Send(of(in.Value)); err != nil {
				return err
			}
		}
	},
}

// A notesClient is what the generated client would be.
type notesClient struct{ *vologrpc.Client }

func (c notesClient) get(ctx context.Context, s string) (string, error) {
	out := new(note)
	err := c.Unary(ctx, methodGet, of(s), out)
	return out.Value, err
}

func (c notesClient) put(ctx context.Context) (*vologrpc.ClientStreamCall[note, note], error) {
	return vologrpc.OpenClientStream[note, note](ctx, c.Client, methodPut)
}

func (c notesClient) list(ctx context.Context, s string) (*vologrpc.ServerStreamCall[note], error) {
	return vologrpc.OpenServerStream[note](ctx, c.Client, methodList, of(s))
}

func (c notesClient) chat(ctx context.Context) (*vologrpc.BidiStreamCall[note, note], error) {
	return vologrpc.OpenBidiStream[note, note](ctx, c.Client, methodChat)
}

// open opens a bidi stream whose handler runs and has sent its header.
func (c notesClient) open(t testing.TB) *vologrpc.BidiStreamCall[note, note] {
	t.Helper()
	s, err := c.chat(context.Background())
	if err == nil {
		_, err = s.Header()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (c notesClient) with(opts ...vologrpc.CallOption) notesClient {
	return notesClient{c.With(opts...)}
}

// quiet is a server option: tests that provoke complaints need not show them.
var quiet = vologrpc.WithLogger(slog.New(slog.DiscardHandler))

// serve serves h over TCP until the test is over, and returns the address.
func serve(t testing.TB, h notes, opts ...vologrpc.ServerOption) string {
	t.Helper()
	_, address := start(t, h, opts...)
	return address
}

func start(t testing.TB, h notes, opts ...vologrpc.ServerOption) (*vologrpc.Server, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return startOn(t, l, h, opts...), l.Addr().String()
}

func startOn(t testing.TB, l net.Listener, h notes, opts ...vologrpc.ServerOption) *vologrpc.Server {
	t.Helper()
	s := vologrpc.NewServer(append([]vologrpc.ServerOption{quiet}, opts...)...)
	if err := s.Register(service(h)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-ended; !errors.Is(err, vologrpc.ErrServerClosed) {
			t.Errorf("Serve returned %v, want ErrServerClosed", err)
		}
	})
	return s
}

// dial returns a client of address until the test is over.
func dial(t testing.TB, address string, opts ...vologrpc.ClientOption) notesClient {
	t.Helper()
	c, err := vologrpc.NewClient(address, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return notesClient{c}
}

// inMemory connects a client and a server that serves h without a network.
func inMemory(t testing.TB, h notes, serverOpts []vologrpc.ServerOption, clientOpts ...vologrpc.ClientOption) notesClient {
	t.Helper()
	l := transport.NewMemoryListener()
	startOn(t, l, h, serverOpts...)
	return dial(t, "memory.invalid:1", append([]vologrpc.ClientOption{vologrpc.WithDialer(
		func(ctx context.Context, _ rpc.Address) (*transport.Conn, error) {
			nc, err := l.Dial(ctx)
			if err != nil {
				return nil, err
			}
			return transport.NewConn(nc), nil
		})}, clientOpts...)...)
}

// soon is a context that no test should outlive.
func soon(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}
