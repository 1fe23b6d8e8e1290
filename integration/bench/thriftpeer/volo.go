package thriftpeer

import (
	"context"
	"errors"
	"net"

	"github.com/volo-go/volo/integration/bench/gen/echo"
	"github.com/volo-go/volo/integration/bench/gen/echo/echothrift"
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// voloPeers returns this repository's Thrift framework: framed ping-pong and
// multiplexed TTHeader, on package net and on netpoll.
func voloPeers() []load.Peer {
	pingpong := func(load.Target) volothrift.ClientOption {
		return volothrift.WithProtocol(volothrift.Framed)
	}
	mux := func(t load.Target) volothrift.ClientOption {
		return volothrift.WithConnections(t.Conns)
	}
	return []load.Peer{
		volo("volo-pingpong", "Volo, framed, connection pool", transport.EngineDefault, pingpong),
		volo("volo-pingpong-netpoll", "the same on netpoll", transport.EngineNetpoll, pingpong),
		volo("volo-mux", "Volo, multiplexed TTHeader", transport.EngineDefault, mux),
		volo("volo-mux-netpoll", "the same on netpoll", transport.EngineNetpoll, mux),
	}
}

// volo is a server and a client with nothing set but the engine and, for the
// client, what connections makes of the target.
func volo(name, about string, engine transport.Engine, connections func(load.Target) volothrift.ClientOption) load.Peer {
	return load.Peer{
		Name:  name,
		About: about,
		Serve: func(addr string) (load.Server, error) {
			return serveVolo(addr, engine)
		},
		Dial: func(t load.Target) (load.Client, error) {
			pool := volothrift.WithPingPong(volothrift.PoolConfig{MaxOpen: t.Callers, MaxIdle: t.Callers})
			client, err := echothrift.NewEchoServerClient(t.Addr, pool, volothrift.WithEngine(engine), connections(t))
			if err != nil {
				return nil, err
			}
			return voloClient{client}, nil
		},
	}
}

type voloServer struct {
	*volothrift.Server
	addr string
	done chan error
}

func serveVolo(addr string, engine transport.Engine) (load.Server, error) {
	server := volothrift.NewServer(volothrift.WithEngine(engine))
	if err := server.Register(echothrift.NewEchoServerService(voloEcho{})); err != nil {
		return nil, err
	}
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &voloServer{Server: server, addr: ln.Addr().String(), done: make(chan error, 1)}
	go func() { s.done <- server.Serve(ln) }()
	return s, nil
}

func (s *voloServer) Addr() string { return s.addr }

func (s *voloServer) Close() error {
	err := s.Server.Close()
	if served := <-s.done; !errors.Is(served, volothrift.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// voloEcho is the handler.
type voloEcho struct{}

func (voloEcho) Echo(_ context.Context, req *echo.Request) (*echo.Response, error) {
	return &echo.Response{Action: req.Action, Msg: req.Msg}, nil
}

type voloClient struct {
	*echothrift.EchoServerClient
}

func (c voloClient) Caller(number int, msg string) (load.Call, error) {
	ctx := context.Background()
	check := load.NewCheck(msg)
	return func() error {
		resp, err := c.Echo(ctx, &echo.Request{Action: "echo", Msg: msg})
		if err != nil {
			return err
		}
		return check.Reply(resp.Msg, nil)
	}, nil
}
