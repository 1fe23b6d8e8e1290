package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/integration/bench/child"
	"github.com/volo-go/volo/integration/bench/gen/echo"
	"github.com/volo-go/volo/integration/bench/gen/echo/echothrift"
	voloecho "github.com/volo-go/volo/integration/bench/genproto/volo/echo"
	"github.com/volo-go/volo/integration/bench/genproto/volo/echo/voloechogrpc"
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/report"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// This file measures what governance adds to a call: a client with discovery,
// balancing, outlier ejection, a breaker and a deadline against the same client
// with a fixed address. In process, a layer answers in place of the network; over
// loopback, the server is another process, so that what is counted is the client.

const (
	governanceName  = "governance"
	governanceAbout = "what discovery, balancing, ejection, a breaker and a deadline add to a call"

	addedTime   = 1000 // ns
	addedAllocs = 2
)

// A governed is a client without and with governance.
type governed struct {
	name        string
	callers     int
	plain, full func(context.Context) error
	close       []func() error
}

// A cost is what one call takes.
type cost struct{ ns, allocs float64 }

// governance measures o.rounds rounds, each client in turn for a part of
// o.window, and judges the medians of what each round has added.
func governance(ctx context.Context, o options, c catalog, out io.Writer) ([]report.Verdict, error) {
	var verdicts []report.Verdict
	fmt.Fprintf(out, "%s: %s\n\n%-24s %10s %10s %10s %10s\n", governanceName, governanceAbout, "client", "ns", "+ ns", "allocs", "+ allocs")
	for _, make := range []func(context.Context, catalog) (governed, error){thriftInProcess, grpcInProcess, thriftLoopback, grpcLoopback} {
		g, err := make(ctx, c)
		if err != nil {
			return verdicts, err
		}
		var plain, added []cost
		for range o.rounds {
			a, errA := measure(ctx, g.callers, g.plain, o.window/8)
			b, errB := measure(ctx, g.callers, g.full, o.window/8)
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

// measure makes calls for about d, after a tenth of it to warm up, and returns
// what this process used for one. It is the time of its processors that counts:
// how long a caller waits for another process, on a machine with few, says little
// about the client.
func measure(ctx context.Context, callers int, call func(context.Context) error, d time.Duration) (cost, error) {
	if _, err := repeat(ctx, callers, call, d/10); err != nil {
		return cost{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := load.CPUTime()
	calls, err := repeat(ctx, callers, call, d)
	took := load.CPUTime() - start
	runtime.ReadMemStats(&after)
	return cost{float64(took.Nanoseconds()) / calls, float64(after.Mallocs-before.Mallocs) / calls}, err
}

// repeat has callers call for about d and returns how often they did.
func repeat(ctx context.Context, callers int, call func(context.Context) error, d time.Duration) (float64, error) {
	var running sync.WaitGroup
	var calls atomic.Int64
	failed := make(chan error, callers)
	end := time.Now().Add(d)
	for range callers {
		running.Go(func() {
			for time.Now().Before(end) {
				for range 100 {
					if err := call(ctx); err != nil {
						failed <- err
						return
					}
				}
				calls.Add(100)
			}
		})
	}
	running.Wait()
	close(failed)
	return float64(max(1, calls.Load())), <-failed
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

// instances are what discovery knows: three in process, over loopback the one
// that there is. The balancer is the default, two choices with ejection.
func instances(a rpc.Address) discovery.Discoverer {
	if a == nowhere[0] {
		return discovery.Static(nowhere...)
	}
	return discovery.Static(a)
}

// callersOf returns one caller, over loopback many: a process that has something
// to do all the time is not woken for each call.
func callersOf(a rpc.Address) int {
	if a == nowhere[0] {
		return 1
	}
	return 50
}

// nowhere is where the clients in process would call.
var nowhere = []rpc.Address{rpc.TCP("192.0.2.1:1"), rpc.TCP("192.0.2.2:1"), rpc.TCP("192.0.2.3:1")}

// serve starts the server of a peer and returns where it is.
func serve(ctx context.Context, c catalog, peer string) (rpc.Address, *child.Process, error) {
	i := slices.IndexFunc(c.peers, func(e entry) bool { return e.name == peer })
	binary, err := c.peers[i].binary(ctx)
	if err != nil {
		return rpc.Address{}, nil, err
	}
	server, ready, err := child.Start(ctx, nil, binary, "serve", peer)
	if err != nil {
		return rpc.Address{}, nil, err
	}
	return rpc.TCP(ready.Addr), server, nil
}

func thriftInProcess(context.Context, catalog) (governed, error) {
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
	var alone []volothrift.ClientOption // without any layer, unless there is no network
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
	return governed{name, callersOf(a), call(plain), call(full), []func() error{plain.Close, full.Close}}, nil
}

func thriftLoopback(ctx context.Context, c catalog) (g governed, err error) {
	a, server, err := serve(ctx, c, "volo-mux")
	if err != nil {
		return g, err
	}
	g, err = thriftClients("Thrift, loopback", a, nil)
	g.close = append(g.close, server.Close)
	return g, err
}

func grpcInProcess(context.Context, catalog) (governed, error) {
	resp := &vologrpc.Response{Message: new(voloecho.Message)}
	scripted := func(vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(context.Context, *vologrpc.Request) (*vologrpc.Response, error) { return resp, nil })
	}
	return grpcClients("gRPC, in process", nowhere[0], scripted)
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
	full, err := voloechogrpc.NewEchoClient("echo", vologrpc.WithDiscoverer(instances(a)),
		vologrpc.WithTimeout(time.Minute), vologrpc.WithInner(vologrpc.Breaker(breaker.Config{}), sender))
	if err != nil {
		return g, err
	}
	req := &voloecho.Message{Action: "echo", Msg: "hello"}
	call := func(c *voloechogrpc.EchoClient) func(context.Context) error {
		return func(ctx context.Context) error { _, err := c.Unary(ctx, req); return err }
	}
	return governed{name, callersOf(a), call(plain), call(full), []func() error{plain.Close, full.Close}}, nil
}

func grpcLoopback(ctx context.Context, c catalog) (g governed, err error) {
	a, server, err := serve(ctx, c, "volo-grpc")
	if err != nil {
		return g, err
	}
	g, err = grpcClients("gRPC, loopback", a, nil)
	g.close = append(g.close, server.Close)
	return g, err
}
