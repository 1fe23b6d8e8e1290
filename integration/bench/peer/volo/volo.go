package volo

import (
	"context"
	"errors"
	"io"
	"net"

	echo "github.com/volo-go/volo/integration/bench/genproto/volo/echo"
	echogrpc "github.com/volo-go/volo/integration/bench/genproto/volo/echo/voloechogrpc"
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

type running struct {
	*vologrpc.Server
	addr string
	done chan error
}

// serve serves with nothing set.
func serve(addr string) (load.Server, error) {
	server := vologrpc.NewServer()
	if err := server.Register(echogrpc.NewEchoService(echoService{})); err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &running{Server: server, addr: ln.Addr().String(), done: make(chan error, 1)}
	go func() { s.done <- server.Serve(ln) }()
	return s, nil
}

func (s *running) Addr() string { return s.addr }

func (s *running) Close() error {
	err := s.Server.Close()
	if served := <-s.done; !errors.Is(served, vologrpc.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// echoService is the handler.
type echoService struct{}

func (echoService) Unary(_ context.Context, req *echo.Message) (*echo.Message, error) {
	return &echo.Message{Action: req.Action, Msg: req.Msg}, nil
}

func (echoService) Bidi(_ context.Context, stream *vologrpc.Duplex[echo.Message, echo.Message]) error {
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&echo.Message{Action: req.Action, Msg: req.Msg}); err != nil {
			return err
		}
	}
}

func (echoService) Flood(_ context.Context, req *echo.Message, stream *vologrpc.Sender[echo.Message]) error {
	for {
		if err := stream.Send(&echo.Message{Action: req.Action, Msg: req.Msg}); err != nil {
			return err
		}
	}
}

type caller struct {
	*echogrpc.EchoClient
	kind load.Kind
	ctx  context.Context // of streams, which end with it
	end  context.CancelFunc
}

func dial(t load.Target) (load.Client, error) {
	client, err := echogrpc.NewEchoClient(t.Addr, vologrpc.WithConnections(t.Conns))
	if err != nil {
		return nil, err
	}
	c := &caller{EchoClient: client, kind: t.Kind}
	c.ctx, c.end = context.WithCancel(context.Background())
	return c, nil
}

func (c *caller) Close() error {
	c.end()
	return c.EchoClient.Close()
}

func (c *caller) Caller(number int, msg string) (load.Call, error) {
	return peer.Call(c, c.kind, number, msg)
}

func (c *caller) Unary(_ int, msg string) (string, error) {
	resp, err := c.EchoClient.Unary(context.Background(), &echo.Message{Action: "echo", Msg: msg})
	if err != nil {
		return "", err
	}
	return resp.Msg, nil
}

func (c *caller) Bidi(int) (func(string) (string, error), error) {
	stream, err := c.EchoClient.Bidi(c.ctx)
	if err != nil {
		return nil, err
	}
	return func(msg string) (string, error) {
		if err := stream.Send(&echo.Message{Action: "echo", Msg: msg}); err != nil {
			return "", err
		}
		resp, err := stream.Recv()
		if err != nil {
			return "", err
		}
		return resp.Msg, nil
	}, nil
}

func (c *caller) Flood(_ int, msg string) (func() (string, error), error) {
	stream, err := c.EchoClient.Flood(c.ctx, &echo.Message{Action: "echo", Msg: msg})
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		resp, err := stream.Recv()
		if err != nil {
			return "", err
		}
		return resp.Msg, nil
	}, nil
}
