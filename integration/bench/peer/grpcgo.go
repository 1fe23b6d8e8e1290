package peer

import (
	"context"
	"errors"
	"io"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	echo "github.com/volo-go/volo/integration/bench/genproto/stock/echo"
	"github.com/volo-go/volo/integration/bench/load"
)

// grpcGoService is what grpc-go's generator would write.
var grpcGoService = grpc.ServiceDesc{
	ServiceName: grpcService,
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
		{StreamName: "Bidi", Handler: grpcGoBidi, ServerStreams: true, ClientStreams: true},
		{StreamName: "Flood", Handler: grpcGoFlood, ServerStreams: true},
	},
}

func grpcGoBidi(_ any, s grpc.ServerStream) error {
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

func grpcGoFlood(_ any, s grpc.ServerStream) error {
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

type grpcGoServer struct {
	*grpc.Server
	addr string
	done chan error
}

// serveGRPCGo serves with nothing set.
func serveGRPCGo(addr string) (load.Server, error) {
	server := grpc.NewServer()
	server.RegisterService(&grpcGoService, struct{}{})
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &grpcGoServer{Server: server, addr: ln.Addr().String(), done: make(chan error, 1)}
	go func() { s.done <- server.Serve(ln) }()
	return s, nil
}

func (s *grpcGoServer) Addr() string { return s.addr }

func (s *grpcGoServer) Close() error {
	s.Stop()
	err := <-s.done
	// Serve says so only if it had not begun yet.
	if errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return err
}

// A grpcGoClient has a grpc.ClientConn for each connection.
type grpcGoClient struct {
	conns []*grpc.ClientConn
	kind  load.Kind
	ctx   context.Context // of streams, which end with it
	end   context.CancelFunc
}

func dialGRPCGo(t load.Target) (load.Client, error) {
	c := &grpcGoClient{kind: t.Kind}
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

func (c *grpcGoClient) Close() error {
	c.end()
	var err error
	for _, conn := range c.conns {
		err = errors.Join(err, conn.Close())
	}
	return err
}

func (c *grpcGoClient) Caller(number int, msg string) (load.Call, error) {
	return grpcCall(c, c.kind, number, msg)
}

func (c *grpcGoClient) conn(number int) *grpc.ClientConn { return c.conns[number%len(c.conns)] }

func (c *grpcGoClient) unary(number int, msg string) (string, error) {
	resp := new(echo.Message)
	err := c.conn(number).Invoke(context.Background(), unaryPath, &echo.Message{Action: "echo", Msg: msg}, resp)
	return resp.Msg, err
}

func (c *grpcGoClient) bidi(number int) (func(string) (string, error), error) {
	stream, err := c.conn(number).NewStream(c.ctx, &grpcGoService.Streams[0], bidiPath)
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

func (c *grpcGoClient) flood(number int, msg string) (func() (string, error), error) {
	stream, err := c.conn(number).NewStream(c.ctx, &grpcGoService.Streams[1], floodPath)
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
