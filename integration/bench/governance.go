package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"time"

	"github.com/volo-go/volo/integration/bench/gen/echo"
	"github.com/volo-go/volo/integration/bench/gen/echo/echothrift"
	voloecho "github.com/volo-go/volo/integration/bench/genproto/volo/echo"
	"github.com/volo-go/volo/integration/bench/genproto/volo/echo/voloechogrpc"
	"github.com/volo-go/volo/integration/bench/report"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// This file measures what governance adds to a call: a client with discovery,
// balancing, outlier ejection, a breaker and a deadline against the same client
// with a fixed address, in this process, one caller. In process, a layer
// answers in place of the network, so that there is nothing but the client; over
// loopback, the server is here too, and both are counted.

const (
	governanceName  = "governance"
	governanceAbout = "what discovery, balancing, ejection, a breaker and a deadline add to a call"

	addedTime   = 1000 // ns
	addedAllocs = 2
)

// A governed is a client without and with governance.
type governed struct {
	name        string
	plain, full func(context.Context) error
	close       []func() error
}

// A cost is what one call takes.
type cost struct{ ns, allocs float64 }

// governance measures o.rounds rounds, each client in turn for a part of
// o.window, and judges the medians of what each round has added.
func governance(ctx context.Context, o options, out io.Writer) ([]report.Verdict, error) {
	var verdicts []report.Verdict
	fmt.Fprintf(out, "%s: %s\n\n%-24s %10s %10s %10s %10s\n", governanceName, governanceAbout, "client", "ns", "+ ns", "allocs", "+ allocs")
	for _, make := range []func() (governed, error){thriftInProcess, grpcInProcess, thriftLoopback, grpcLoopback} {
		g, err := make()
		if err != nil {
			return verdicts, err
		}
		var plain, added []cost
		for range o.rounds {
			a, errA := measure(ctx, g.plain, o.window/8)
			b, errB := measure(ctx, g.full, o.window/8)
			if err := errors.Join(errA, errB, ctx.Err()); err != nil {
				return verdicts, fmt.Errorf("%s: %w", g.name, err)
			}
			plain, added = append(plain, a), append(added, cost{b.ns - a.ns, b.allocs - a.allocs})
		}
		for _, f := range g.close {
			f()
		}
		before, more := middle(plain), middle(added)
		fmt.Fprintf(out, "%-24s %10.0f %10.0f %10.1f %10.1f\n", g.name, before.ns, more.ns, before.allocs, more.allocs)
		verdicts = append(verdicts,
			report.Verdict{Target: fmt.Sprintf("%s, %s: ns that it adds to a call ≤ %d", governanceName, g.name, addedTime), Got: more.ns, Rounds: o.rounds, Met: more.ns <= addedTime},
			// Half an allocation is what the runtime may do beside.
			report.Verdict{Target: fmt.Sprintf("%s, %s: allocations that it adds to a call ≤ %d", governanceName, g.name, addedAllocs), Got: more.allocs, Rounds: o.rounds, Met: more.allocs < addedAllocs+0.5})
	}
	fmt.Fprintln(out)
	return verdicts, nil
}

// measure calls for about d, after a tenth of it to warm up.
func measure(ctx context.Context, call func(context.Context) error, d time.Duration) (cost, error) {
	for end := time.Now().Add(d / 10); time.Now().Before(end); {
		if err := call(ctx); err != nil {
			return cost{}, err
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, calls := time.Now(), 0
	for time.Since(start) < d {
		for range 100 {
			if err := call(ctx); err != nil {
				return cost{}, err
			}
		}
		calls += 100
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return cost{float64(took.Nanoseconds()) / float64(calls), float64(after.Mallocs-before.Mallocs) / float64(calls)}, nil
}

// middle returns the medians, each for itself.
func middle(costs []cost) cost {
	pick := func(of func(cost) float64) float64 {
		values := make([]float64, len(costs))
		for i, c := range costs {
			values[i] = of(c)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return cost{pick(func(c cost) float64 { return c.ns }), pick(func(c cost) float64 { return c.allocs })}
}

// instances are what discovery knows; the calls of loopback all go to one
// address.
func instances(a rpc.Address) discovery.Discoverer { return discovery.Static(a) }

func balancer() loadbalance.Balancer {
	return loadbalance.Eject(loadbalance.RoundRobin(), loadbalance.EjectConfig{})
}

// nowhere is where the clients in process would call.
var nowhere = rpc.TCP("192.0.2.1:1")

func thriftInProcess() (governed, error) {
	answer := echothrift.NewEchoServerService(thriftEcho{}).Methods[0]
	_, result := answer.New()
	if err := result.SetSuccess(new(echo.Response)); err != nil {
		return governed{}, err
	}
	resp := &volothrift.Response{Result: result}
	scripted := func(volothrift.Handler) volothrift.Handler {
		return volothrift.HandlerFunc(func(context.Context, *volothrift.Request) (*volothrift.Response, error) { return resp, nil })
	}
	return thriftClients("Thrift, in process", nowhere, scripted)
}

func thriftClients(name string, a rpc.Address, sender volothrift.Layer) (g governed, err error) {
	var alone []volothrift.ClientOption // without any layer, unless there is no network
	if sender != nil {
		alone = append(alone, volothrift.WithInner(sender))
	}
	plain, err := echothrift.NewEchoServerClient(a.String(), alone...)
	if err != nil {
		return g, err
	}
	full, err := echothrift.NewEchoServerClient("echo", volothrift.WithDiscoverer(instances(a)), volothrift.WithBalancer(balancer()),
		volothrift.WithTimeout(time.Minute), volothrift.WithInner(volothrift.Breaker(breaker.Config{}), sender))
	if err != nil {
		return g, err
	}
	req := &echo.Request{Action: "echo", Msg: "hello"}
	call := func(c *echothrift.EchoServerClient) func(context.Context) error {
		return func(ctx context.Context) error { _, err := c.Echo(ctx, req); return err }
	}
	return governed{name, call(plain), call(full), []func() error{plain.Close, full.Close}}, nil
}

type thriftEcho struct{}

func (thriftEcho) Echo(_ context.Context, req *echo.Request) (*echo.Response, error) {
	return &echo.Response{Action: req.Action, Msg: req.Msg}, nil
}

func thriftLoopback() (g governed, err error) {
	server := volothrift.NewServer()
	if err := server.Register(echothrift.NewEchoServerService(thriftEcho{})); err != nil {
		return g, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return g, err
	}
	go server.Serve(l)
	g, err = thriftClients("Thrift, loopback", rpc.AddressOf(l.Addr()), nil)
	g.close = append(g.close, server.Close)
	return g, err
}

func grpcInProcess() (governed, error) {
	resp := &vologrpc.Response{Message: new(voloecho.Message)}
	scripted := func(vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(context.Context, *vologrpc.Request) (*vologrpc.Response, error) { return resp, nil })
	}
	return grpcClients("gRPC, in process", nowhere, scripted)
}

func grpcClients(name string, a rpc.Address, sender vologrpc.Layer) (g governed, err error) {
	var alone []vologrpc.ClientOption // without any layer, unless there is no network
	if sender != nil {
		alone = append(alone, vologrpc.WithInner(sender))
	}
	plain, err := voloechogrpc.NewEchoClient(a.String(), alone...)
	if err != nil {
		return g, err
	}
	full, err := voloechogrpc.NewEchoClient("echo", vologrpc.WithDiscoverer(instances(a)), vologrpc.WithBalancer(balancer()),
		vologrpc.WithTimeout(time.Minute), vologrpc.WithInner(vologrpc.Breaker(breaker.Config{}), sender))
	if err != nil {
		return g, err
	}
	req := &voloecho.Message{Action: "echo", Msg: "hello"}
	call := func(c *voloechogrpc.EchoClient) func(context.Context) error {
		return func(ctx context.Context) error { _, err := c.Unary(ctx, req); return err }
	}
	return governed{name, call(plain), call(full), []func() error{plain.Close, full.Close}}, nil
}

type grpcEcho struct{ voloechogrpc.Echo }

func (grpcEcho) Unary(_ context.Context, req *voloecho.Message) (*voloecho.Message, error) {
	return &voloecho.Message{Action: req.Action, Msg: req.Msg}, nil
}

func grpcLoopback() (g governed, err error) {
	server := vologrpc.NewServer()
	if err := server.Register(voloechogrpc.NewEchoService(grpcEcho{})); err != nil {
		return g, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return g, err
	}
	go server.Serve(l)
	g, err = grpcClients("gRPC, loopback", rpc.AddressOf(l.Addr()), nil)
	g.close = append(g.close, server.Close)
	return g, err
}
