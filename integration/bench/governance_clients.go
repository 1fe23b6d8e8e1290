package main

import (
	"context"
	"net"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/volo-go/volo/integration/bench/child"
	"github.com/volo-go/volo/integration/bench/gen/echo"
	"github.com/volo-go/volo/integration/bench/gen/echo/echothrift"
	voloecho "github.com/volo-go/volo/integration/bench/genproto/volo/echo"
	"github.com/volo-go/volo/integration/bench/genproto/volo/echo/voloechogrpc"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// This file makes the clients that governance.go measures.

// instances are the three that discovery knows. Over loopback they are one server
// with three spellings of its port, and the client without governance has three
// connections too. The balancer is the default, two choices with ejection.
func instances(a rpc.Address) discovery.Discoverer {
	if a == nowhere[0] {
		return discovery.Static(nowhere...)
	}
	host, port, _ := net.SplitHostPort(a.String())
	again := func(port string) rpc.Address { return rpc.TCP(net.JoinHostPort(host, port)) }
	return discovery.Static(a, again("0"+port), again("00"+port))
}

// callersOf returns one caller, over loopback one and many: a process that has
// something to do all the time is not woken for each call.
func callersOf(a rpc.Address) []int {
	if a == nowhere[0] {
		return []int{1}
	}
	return []int{1, 100}
}

// file returns the name as a part of one of a file.
func (g governed) file() string {
	return strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(g.name), ", ", "-"), " ", "-")
}

// A starter starts a child, on a core of its own perhaps; nil does so anywhere.
type starter func(*exec.Cmd) error

// nowhere is where the clients in process would call.
var nowhere = []rpc.Address{rpc.TCP("192.0.2.1:1"), rpc.TCP("192.0.2.2:1"), rpc.TCP("192.0.2.3:1")}

// serve starts the server of a peer and returns where it is.
func serve(ctx context.Context, c catalog, start starter, peer string) (rpc.Address, *child.Process, error) {
	i := slices.IndexFunc(c.peers, func(e entry) bool { return e.name == peer })
	binary, err := c.peers[i].binary(ctx)
	if err != nil {
		return rpc.Address{}, nil, err
	}
	server, ready, err := child.Start(ctx, start, binary, "serve", peer)
	if err != nil {
		return rpc.Address{}, nil, err
	}
	return rpc.TCP(ready.Addr), server, nil
}

func thriftInProcess(context.Context, catalog, starter) (governed, error) {
	var echoes echothrift.EchoServer
	answer := echothrift.NewEchoServerService(echoes).Methods[0]
	_, result := answer.New()
	if err := result.SetSuccess(new(echo.Response)); err != nil {
		return governed{}, err
	}
	resp := &volothrift.Response{Result: result}
	scripted := func(volothrift.Handler) volothrift.Handler {
		return volothrift.HandlerFunc(func(context.Context, *volothrift.Request) (*volothrift.Response, error) { return resp, nil })
	}
	return thriftClients("Thrift, in process", nowhere[0], scripted)
}

func thriftClients(name string, a rpc.Address, sender volothrift.Layer) (g governed, err error) {
	alone := []volothrift.ClientOption{volothrift.WithConnections(3)} // without any layer, unless there is no network
	if sender != nil {
		alone = append(alone, volothrift.WithInner(sender))
	}
	plain, err := echothrift.NewEchoServerClient(a.String(), alone...)
	if err != nil {
		return g, err
	}
	full, err := echothrift.NewEchoServerClient("echo", volothrift.WithDiscoverer(instances(a)),
		volothrift.WithTimeout(time.Minute), volothrift.WithInner(volothrift.Breaker(breaker.Config{}), sender))
	if err != nil {
		return g, err
	}
	req := &echo.Request{Action: "echo", Msg: "hello"}
	call := func(c *echothrift.EchoServerClient) func(context.Context) error {
		return func(ctx context.Context) error { _, err := c.Echo(ctx, req); return err }
	}
	return governed{name, a != nowhere[0], callersOf(a), call(plain), call(full), []func() error{plain.Close, full.Close}}, nil
}

func thriftLoopback(ctx context.Context, c catalog, start starter) (g governed, err error) {
	a, server, err := serve(ctx, c, start, "volo-mux")
	if err != nil {
		return g, err
	}
	g, err = thriftClients("Thrift, loopback", a, nil)
	g.close = append(g.close, server.Close)
	return g, err
}

func grpcInProcess(context.Context, catalog, starter) (governed, error) {
	resp := &vologrpc.Response{Message: new(voloecho.Message)}
	scripted := func(vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(context.Context, *vologrpc.Request) (*vologrpc.Response, error) { return resp, nil })
	}
	return grpcClients("gRPC, in process", nowhere[0], scripted)
}

func grpcClients(name string, a rpc.Address, sender vologrpc.Layer) (g governed, err error) {
	alone := []vologrpc.ClientOption{vologrpc.WithConnections(3)} // without any layer, unless there is no network
	if sender != nil {
		alone = append(alone, vologrpc.WithInner(sender))
	}
	plain, err := voloechogrpc.NewEchoClient(a.String(), alone...)
	if err != nil {
		return g, err
	}
	full, err := voloechogrpc.NewEchoClient("echo", vologrpc.WithDiscoverer(instances(a)),
		vologrpc.WithTimeout(time.Minute), vologrpc.WithInner(vologrpc.Breaker(breaker.Config{}), sender))
	if err != nil {
		return g, err
	}
	req := &voloecho.Message{Action: "echo", Msg: "hello"}
	call := func(c *voloechogrpc.EchoClient) func(context.Context) error {
		return func(ctx context.Context) error { _, err := c.Unary(ctx, req); return err }
	}
	return governed{name, a != nowhere[0], callersOf(a), call(plain), call(full), []func() error{plain.Close, full.Close}}, nil
}

func grpcLoopback(ctx context.Context, c catalog, start starter) (g governed, err error) {
	a, server, err := serve(ctx, c, start, "volo-grpc")
	if err != nil {
		return g, err
	}
	g, err = grpcClients("gRPC, loopback", a, nil)
	g.close = append(g.close, server.Close)
	return g, err
}
