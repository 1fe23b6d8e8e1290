package peer

import (
	"context"
	"errors"
	"io"
	"net"

	echo "github.com/volo-go/volo/integration/bench/genproto/volo/echo"
	echogrpc "github.com/volo-go/volo/integration/bench/genproto/volo/echo/voloechogrpc"
	"github.com/volo-go/volo/integration/bench/load"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

type voloGRPCServer struct {
	*vologrpc.Server
	addr string
	done chan error
}

// serveVoloGRPC serves with nothing set.
func serveVoloGRPC(addr string) (load.Server, error) {
	server := vologrpc.NewServer()
	if err := server.Register(echogrpc.NewEchoService(voloGRPCEcho{})); err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &voloGRPCServer{Server: server, addr: ln.Addr().String(), done: make(chan error, 1)}
	go func() { s.done <- server.Serve(ln) }()
	return s, nil
}

func (s *voloGRPCServer) Addr() string { return s.addr }

func (s *voloGRPCServer) Close() error {
	err := s.Server.Close()
	if served := <-s.done; !errors.Is(served, vologrpc.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// voloGRPCEcho is the handler.
type voloGRPCEcho struct{}

func (voloGRPCEcho) Unary(_ context.Context, req *echo.Message) (*echo.Message, error) {
	return &echo.Message{Action: req.Action, Msg: req.Msg}, nil
}

func (voloGRPCEcho) Bidi(_ context.Context, stream *vologrpc.Duplex[echo.Message, echo.Message]) error {
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

func (voloGRPCEcho) Flood(_ context.Context, req *echo.Message, stream *vologrpc.Sender[echo.Message]) error {
	for {
		if err := stream.Send(&echo.Message{Action: req.Action, Msg: req.Msg}); err != nil {
			return err
		}
	}
}

type voloGRPCClient struct {
	*echogrpc.EchoClient
	kind load.Kind
	ctx  context.Context // of streams, which end with it
	end  context.CancelFunc
}

func dialVoloGRPC(t load.Target) (load.Client, error) {
	client, err := echogrpc.NewEchoClient(t.Addr, vologrpc.WithConnections(t.Conns))
	if err != nil {
		return nil, err
	}
	c := &voloGRPCClient{EchoClient: client, kind: t.Kind}
	c.ctx, c.end = context.WithCancel(context.Background())
	return c, nil
}

func (c *voloGRPCClient) Close() error {
	c.end()
	return c.EchoClient.Close()
}

func (c *voloGRPCClient) Caller(number int, msg string) (load.Call, error) {
	return grpcCall(c, c.kind, number, msg)
}

func (c *voloGRPCClient) unary(_ int, msg string) (string, error) {
	resp, err := c.Unary(context.Background(), &echo.Message{Action: "echo", Msg: msg})
	if err != nil {
		return "", err
	}
	return resp.Msg, nil
}

func (c *voloGRPCClient) bidi(int) (func(string) (string, error), error) {
	stream, err := c.Bidi(c.ctx)
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

func (c *voloGRPCClient) flood(_ int, msg string) (func() (string, error), error) {
	stream, err := c.Flood(c.ctx, &echo.Message{Action: "echo", Msg: msg})
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
