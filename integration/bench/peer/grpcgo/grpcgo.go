package grpcgo

import (
	"context"
	"errors"
	"io"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	echo "github.com/volo-go/volo/integration/bench/genproto/stock/echo"
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
)

// service is what grpc-go's generator would write.
var service = grpc.ServiceDesc{
	ServiceName: peer.Service,
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Unary",
		Handler: func(_ any, _ context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			req := new(echo.Message)
			if err := decode(req); err != nil {
				return nil, err
			}
			return &echo.Message{Action: req.Action, Msg: req.Msg}, nil
		},
	}},
	Streams: []grpc.StreamDesc{
		{StreamName: "Bidi", Handler: serveBidi, ServerStreams: true, ClientStreams: true},
		{StreamName: "Flood", Handler: serveFlood, ServerStreams: true},
	},
}

func serveBidi(_ any, s grpc.ServerStream) error {
	for {
		req := new(echo.Message)
		if err := s.RecvMsg(req); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := s.SendMsg(&echo.Message{Action: req.Action, Msg: req.Msg}); err != nil {
			return err
		}
	}
}

func serveFlood(_ any, s grpc.ServerStream) error {
	req := new(echo.Message)
	if err := s.RecvMsg(req); err != nil {
		return err
	}
	for {
		if err := s.SendMsg(&echo.Message{Action: req.Action, Msg: req.Msg}); err != nil {
			return err
		}
	}
}

type running struct {
	*grpc.Server
	addr string
	done chan error
}

// serve serves with nothing set.
func serve(addr string) (load.Server, error) {
	server := grpc.NewServer()
	server.RegisterService(&service, struct{}{})
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
	s.Stop()
	err := <-s.done
	// Serve says so only if it had not begun yet.
	if errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// A client has a grpc.ClientConn for each connection.
type client struct {
	conns []*grpc.ClientConn
	kind  load.Kind
	ctx   context.Context // of streams, which end with it
	end   context.CancelFunc
}

func dial(t load.Target) (load.Client, error) {
	c := &client{kind: t.Kind}
	c.ctx, c.end = context.WithCancel(context.Background())
	for range max(1, t.Conns) {
		conn, err := grpc.NewClient("passthrough:///"+t.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.conns = append(c.conns, conn)
	}
	return c, nil
}

func (c *client) Close() error {
	c.end()
	var err error
	for _, conn := range c.conns {
		err = errors.Join(err, conn.Close())
	}
	return err
}

func (c *client) Caller(number int, msg string) (load.Call, error) {
	return peer.Call(c, c.kind, number, msg)
}

func (c *client) conn(number int) *grpc.ClientConn { return c.conns[number%len(c.conns)] }

func (c *client) Unary(number int, msg string) (string, error) {
	resp := new(echo.Message)
	err := c.conn(number).Invoke(context.Background(), peer.UnaryPath, &echo.Message{Action: "echo", Msg: msg}, resp)
	return resp.Msg, err
}

func (c *client) Bidi(number int) (func(string) (string, error), error) {
	stream, err := c.conn(number).NewStream(c.ctx, &service.Streams[0], peer.BidiPath)
	if err != nil {
		return nil, err
	}
	return func(msg string) (string, error) {
		if err := stream.SendMsg(&echo.Message{Action: "echo", Msg: msg}); err != nil {
			return "", err
		}
		resp := new(echo.Message)
		err := stream.RecvMsg(resp)
		return resp.Msg, err
	}, nil
}

func (c *client) Flood(number int, msg string) (func() (string, error), error) {
	stream, err := c.conn(number).NewStream(c.ctx, &service.Streams[1], peer.FloodPath)
	if err != nil {
		return nil, err
	}
	if err := stream.SendMsg(&echo.Message{Action: "echo", Msg: msg}); err != nil {
		return nil, err
	}
	if err := stream.CloseSend(); err != nil {
		return nil, err
	}
	return func() (string, error) {
		resp := new(echo.Message)
		err := stream.RecvMsg(resp)
		return resp.Msg, err
	}, nil
}
