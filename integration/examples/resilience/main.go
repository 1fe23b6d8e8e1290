// Command resilience has calls of Thrift and of gRPC survive instances that are
// full, slow or gone. All of it is layers; tally.go has one of one's own.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/stockthrift"
	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/v1"
	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/v1/stockv1grpc"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/fallback"
	"github.com/volo-go/volo/motore/limit"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// What holds for both protocols.
var (
	quota   = limit.RateConfig{PerSecond: 0.01, Burst: 3} // of the instance that is full
	again   = retry.Config{Attempts: 3}
	circuit = breaker.Config{Consecutive: 3, OpenTime: time.Minute}
	turns   = loadbalance.RoundRobin() // the default one would leave less to the circuit
)

const unknown = -1 // the answer when there is none

// A client asks how many there are of an item.
type client struct {
	count func(ctx context.Context, item string) (int64, error)
	close func() error
}

func main() {
	for _, protocol := range []struct {
		name   string
		serve  func(l net.Listener, full bool) (stop func() error)
		client func(discovery.Discoverer, *tally) client
	}{
		{"Thrift", serveThrift, thriftClient},
		{"gRPC", serveGRPC, grpcClient},
	} {
		var stop []func() error
		var instances []rpc.Address
		for _, full := range []bool{true, false} {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				log.Fatal(err)
			}
			stop = append(stop, protocol.serve(listener, full))
			instances = append(instances, rpc.AddressOf(listener.Addr()))
		}
		ends := &tally{ends: map[rpc.Outcome]int{}}
		c := protocol.client(discovery.Static(instances...), ends)

		// One instance refuses what is too much for it: the other one is asked,
		// and after a while the first one is not.
		answered := 0
		for range 100 {
			if n, err := c.count(context.Background(), "pencil"); err == nil && n == 7 {
				answered++
			}
		}
		fmt.Printf("%s: %d of 100 answered, %d attempts refused\n", protocol.name, answered, ends.ends[rpc.Unsent])

		// All are gone: there is an answer nevertheless.
		for _, f := range stop {
			f()
		}
		n, err := c.count(context.Background(), "pencil")
		fmt.Printf("%s: %d, %v\n", protocol.name, n, err)
		c.close()
	}
}

// A shelf implements the service of stock.thrift.
type shelf struct{}

func (shelf) Count(ctx context.Context, item string) (int64, error) { return 7, nil }

func serveThrift(l net.Listener, full bool) (stop func() error) {
	var opts []volothrift.ServerOption
	if full {
		opts = append(opts, volothrift.WithLayers(volothrift.LimitRate(quota)))
	}
	server := volothrift.NewServer(opts...)
	if err := server.Register(stockthrift.NewStockService(shelf{})); err != nil {
		log.Fatal(err)
	}
	go server.Serve(l)
	return server.Close
}

func thriftClient(d discovery.Discoverer, ends *tally) client {
	c, err := stockthrift.NewStockClient("stock",
		volothrift.WithDiscoverer(d),
		volothrift.WithBalancer(turns),
		volothrift.WithTimeout(time.Second),
		volothrift.WithOuter(
			volothrift.Fallback(fallback.Config[*volothrift.Request, *volothrift.Response]{
				Respond: func(_ context.Context, req *volothrift.Request, _ error) (*volothrift.Response, error) {
					resp := req.NewResponse()
					return resp, resp.Result.SetSuccess(int64(unknown))
				},
			}),
			volothrift.Retry(again)),
		volothrift.WithInner(
			volothrift.Breaker(circuit),
			layer[*volothrift.Request, *volothrift.Response](ends)))
	if err != nil {
		log.Fatal(err)
	}
	return client{c.Count, c.Close}
}

// A grpcShelf implements the service of stock.proto.
type grpcShelf struct{}

func (grpcShelf) Count(ctx context.Context, req *stockv1.CountRequest) (*stockv1.CountResponse, error) {
	return &stockv1.CountResponse{Number: 7}, nil
}

func serveGRPC(l net.Listener, full bool) (stop func() error) {
	var opts []vologrpc.ServerOption
	if full {
		opts = append(opts, vologrpc.WithLayers(vologrpc.LimitRate(quota)))
	}
	server := vologrpc.NewServer(opts...)
	if err := server.Register(stockv1grpc.NewStockService(grpcShelf{})); err != nil {
		log.Fatal(err)
	}
	go server.Serve(l)
	return server.Close
}

func grpcClient(d discovery.Discoverer, ends *tally) client {
	c, err := stockv1grpc.NewStockClient("stock",
		vologrpc.WithDiscoverer(d),
		vologrpc.WithBalancer(turns),
		vologrpc.WithTimeout(time.Second),
		vologrpc.WithOuter(
			vologrpc.Fallback(fallback.Config[*vologrpc.Request, *vologrpc.Response]{
				Respond: func(_ context.Context, req *vologrpc.Request, _ error) (*vologrpc.Response, error) {
					return req.NewResponse(&stockv1.CountResponse{Number: unknown}), nil
				},
			}),
			vologrpc.RetryOutcome(again)),
		vologrpc.WithInner(
			vologrpc.Breaker(circuit),
			layer[*vologrpc.Request, *vologrpc.Response](ends)))
	if err != nil {
		log.Fatal(err)
	}
	count := func(ctx context.Context, item string) (int64, error) {
		resp, err := c.Count(ctx, &stockv1.CountRequest{Item: item})
		return resp.GetNumber(), err
	}
	return client{count, c.Close}
}
