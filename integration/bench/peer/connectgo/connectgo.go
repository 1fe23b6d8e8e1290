package connectgo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"connectrpc.com/connect"

	echo "github.com/volo-go/volo/integration/bench/genproto/stock/echo"
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
)

type (
	connectRequest  = connect.Request[echo.Message]
	connectResponse = connect.Response[echo.Message]
	connectBidi     = connect.BidiStream[echo.Message, echo.Message]
	connectFlood    = connect.ServerStream[echo.Message]
)

func connectHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(peer.UnaryPath, connect.NewUnaryHandler(peer.UnaryPath, func(_ context.Context, req *connectRequest) (*connectResponse, error) {
		return connect.NewResponse(&echo.Message{Action: req.Msg.Action, Msg: req.Msg.Msg}), nil
	}))
	mux.Handle(peer.BidiPath, connect.NewBidiStreamHandler(peer.BidiPath, func(_ context.Context, s *connectBidi) error {
		for {
			req, err := s.Receive()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := s.Send(&echo.Message{Action: req.Action, Msg: req.Msg}); err != nil {
				return err
			}
		}
	}))
	mux.Handle(peer.FloodPath, connect.NewServerStreamHandler(peer.FloodPath, func(_ context.Context, req *connectRequest, s *connectFlood) error {
		for {
			if err := s.Send(&echo.Message{Action: req.Msg.Action, Msg: req.Msg.Msg}); err != nil {
				return err
			}
		}
	}))
	return mux
}

type connectServer struct {
	*http.Server
	addr string
	done chan error
}

// serve serves HTTP/2 without TLS and with as many streams as callers
// need; net/http's default is 250.
func serve(addr string) (load.Server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &connectServer{addr: ln.Addr().String(), done: make(chan error, 1)}
	s.Server = &http.Server{
		Handler:   connectHandler(),
		Protocols: onlyHTTP2(),
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: 1 << 20},
	}
	go func() { s.done <- s.Serve(ln) }()
	return s, nil
}

func onlyHTTP2() *http.Protocols {
	p := new(http.Protocols)
	p.SetUnencryptedHTTP2(true)
	return p
}

func (s *connectServer) Addr() string { return s.addr }

func (s *connectServer) Close() error {
	err := s.Server.Close()
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// A connectClient has an HTTP transport for each connection.
type connectClient struct {
	transports []*http.Transport
	unaries    []*connect.Client[echo.Message, echo.Message]
	bidis      []*connect.Client[echo.Message, echo.Message]
	floods     []*connect.Client[echo.Message, echo.Message]

	kind load.Kind
	ctx  context.Context // of streams, which end with it
	end  context.CancelFunc
}

func dial(t load.Target) (load.Client, error) {
	c := &connectClient{kind: t.Kind}
	c.ctx, c.end = context.WithCancel(context.Background())
	for range max(1, t.Conns) {
		transport := &http.Transport{Protocols: onlyHTTP2()}
		dial := func(path string) *connect.Client[echo.Message, echo.Message] {
			return connect.NewClient[echo.Message, echo.Message](&http.Client{Transport: transport}, "http://"+t.Addr+path, connect.WithGRPC())
		}
		c.transports = append(c.transports, transport)
		c.unaries = append(c.unaries, dial(peer.UnaryPath))
		c.bidis = append(c.bidis, dial(peer.BidiPath))
		c.floods = append(c.floods, dial(peer.FloodPath))
	}
	return c, nil
}

func (c *connectClient) Close() error {
	c.end()
	for _, t := range c.transports {
		t.CloseIdleConnections()
	}
	return nil
}

func (c *connectClient) Caller(number int, msg string) (load.Call, error) {
	return peer.Call(c, c.kind, number, msg)
}

func (c *connectClient) Unary(number int, msg string) (string, error) {
	resp, err := c.unaries[number%len(c.unaries)].CallUnary(context.Background(), connect.NewRequest(&echo.Message{Action: "echo", Msg: msg}))
	if err != nil {
		return "", err
	}
	return resp.Msg.Msg, nil
}

func (c *connectClient) Bidi(number int) (func(string) (string, error), error) {
	stream := c.bidis[number%len(c.bidis)].CallBidiStream(c.ctx)
	return func(msg string) (string, error) {
		if err := stream.Send(&echo.Message{Action: "echo", Msg: msg}); err != nil {
			return "", err
		}
		resp, err := stream.Receive()
		if err != nil {
			return "", err
		}
		return resp.Msg, nil
	}, nil
}

func (c *connectClient) Flood(number int, msg string) (func() (string, error), error) {
	stream, err := c.floods[number%len(c.floods)].CallServerStream(c.ctx, connect.NewRequest(&echo.Message{Action: "echo", Msg: msg}))
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		if !stream.Receive() {
			return "", fmt.Errorf("the flood ended: %w", stream.Err())
		}
		return stream.Msg().Msg, nil
	}, nil
}
