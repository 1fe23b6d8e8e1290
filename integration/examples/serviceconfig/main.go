// Command serviceconfig is a client of gRPC that does what the owner of a
// service asks of it, in JSON: it spreads its calls, bounds them, asks another
// instance when one takes too long, and none that is not healthy.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"sync/atomic"

	"github.com/volo-go/volo/integration/examples/serviceconfig/gen/fares/v1"
	"github.com/volo-go/volo/integration/examples/serviceconfig/gen/fares/v1/faresv1grpc"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/health"
)

// config is what the owner of fares.v1.Fares asks of its clients. Quotes may be
// asked for twice: they change nothing.
const config = `{
	"loadBalancingConfig": [{"round_robin": {}}],
	"healthCheckConfig": {"serviceName": "fares.v1.Fares"},
	"methodConfig": [{
		"name": [{"service": "fares.v1.Fares"}],
		"timeout": "30s",
		"hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "0.02s"}
	}]
}`

// An instance implements the service.
type instance struct {
	stuck  bool // answers nobody
	asked  atomic.Int64
	health *health.Server
}

func (i *instance) Quote(ctx context.Context, req *faresv1.QuoteRequest) (*faresv1.QuoteResponse, error) {
	i.asked.Add(1)
	if i.stuck {
		<-ctx.Done() // whoever hedges cancels what came too late
		return nil, ctx.Err()
	}
	return &faresv1.QuoteResponse{Cents: 290}, nil
}

// serve serves an instance and returns where.
func (i *instance) serve() (at discovery.Instance, stop func() error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	i.health = health.New()
	i.health.Set("fares.v1.Fares", health.Serving)
	server := vologrpc.NewServer()
	for _, s := range []*vologrpc.Service{faresv1grpc.NewFaresService(i), i.health.Service()} {
		if err := server.Register(s); err != nil {
			log.Fatal(err)
		}
	}
	go server.Serve(listener)
	return discovery.Instance{Address: rpc.AddressOf(listener.Addr())}, server.Close
}

func main() {
	stuck := &instance{stuck: true}
	var known []discovery.Instance
	for _, i := range []*instance{stuck, {}, {}} {
		at, stop := i.serve()
		defer stop()
		known = append(known, at)
	}

	asked, err := vologrpc.ParseServiceConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	client, err := faresv1grpc.NewFaresClient("fares",
		vologrpc.WithDiscoverer(discovery.WeightedStatic(known...)), vologrpc.WithServiceConfig(asked))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	quote := func() {
		answer, err := client.Quote(context.Background(), &faresv1.QuoteRequest{From: "Altstadt", To: "Messe"})
		if err != nil || answer.Cents != 290 {
			log.Fatal(answer, err)
		}
	}

	// Every third call goes to the instance that is stuck, once all are known to
	// be well; after 20 ms another one is asked, too.
	for stuck.asked.Load() < 3 {
		quote()
	}
	fmt.Println("hedged: all calls are answered, those to the stuck instance too")

	// It says that it is not well. The client hears of it, and asks it no more.
	stuck.health.Set("fares.v1.Fares", health.NotServing)
	for calls, before := 0, stuck.asked.Load(); calls < 9; calls++ {
		quote()
		if now := stuck.asked.Load(); now != before {
			calls, before = 0, now // has not heard of it yet
		}
	}
	fmt.Println("healthy: 9 calls, and the stuck instance was not asked")
}
