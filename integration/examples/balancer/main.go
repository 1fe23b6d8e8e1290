// Command balancer has calls of Thrift and of gRPC spread by the same
// balancers: one that is written here, in the file canary.go, and one that is
// there, told which calls belong together.
package main

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/volo-go/volo/integration/examples/balancer/gen/whoami/v1"
	"github.com/volo-go/volo/integration/examples/balancer/gen/whoami/v1/whoamiv1grpc"
	"github.com/volo-go/volo/integration/examples/balancer/gen/whoami/whoamithrift"
	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// Both frameworks take the same balancers, which see no protocol.
var (
	oneInFour = canary(4)

	// What is done for a user is done by one instance, which has the user's
	// data at hand; but none has a quarter more to do than the others.
	byUser = loadbalance.Maglev{
		Key: loadbalance.KeyFrom(func(ctx context.Context) (string, bool) {
			return metainfo.Persistent(ctx, "user")
		}),
		Excess: 0.25,
	}
)

// A client asks an instance for its name.
type client struct {
	ask   func(ctx context.Context) (string, error)
	close func() error
}

func main() {
	for _, protocol := range []struct {
		name   string
		serve  func(l net.Listener, name string) (stop func() error)
		client func(discovery.Discoverer, loadbalance.Balancer) client
	}{
		{"Thrift", serveThrift, thriftClient},
		{"gRPC", serveGRPC, grpcClient},
	} {
		var instances []discovery.Instance
		for _, name := range []string{"one", "two", "three", "next"} {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				log.Fatal(err)
			}
			defer protocol.serve(listener, name)()
			in := discovery.Instance{Address: rpc.AddressOf(listener.Addr())}
			if name == "next" {
				in.Tags = map[string]string{"canary": "yes"}
			}
			instances = append(instances, in)
		}
		known := discovery.WeightedStatic(instances...)

		fmt.Println(protocol.name, "canary:", count(protocol.client(known, oneInFour), "ada", 12))
		for name, calls := range count(protocol.client(known, byUser), "ada", 12) {
			fmt.Println(protocol.name, "by user: one instance has all", calls, "calls:", name != "")
		}
	}
}

// count calls n times for a user and returns who has answered how often.
func count(c client, user string, n int) map[string]int {
	defer c.close()
	ctx := metainfo.WithPersistent(context.Background(), "user", user)
	answers := map[string]int{}
	for range n {
		who, err := c.ask(ctx)
		if err != nil {
			log.Fatal(err)
		}
		answers[who]++
	}
	return answers
}

// A thriftInstance implements the service of whoami.thrift.
type thriftInstance string

func (i thriftInstance) Name(ctx context.Context) (string, error) { return string(i), nil }

func serveThrift(l net.Listener, name string) (stop func() error) {
	server := volothrift.NewServer()
	if err := server.Register(whoamithrift.NewWhoAmIService(thriftInstance(name))); err != nil {
		log.Fatal(err)
	}
	go server.Serve(l)
	return server.Close
}

func thriftClient(d discovery.Discoverer, b loadbalance.Balancer) client {
	c, err := whoamithrift.NewWhoAmIClient("whoami", volothrift.WithDiscoverer(d), volothrift.WithBalancer(b))
	if err != nil {
		log.Fatal(err)
	}
	return client{c.Name, c.Close}
}

// A grpcInstance implements the service of whoami.proto.
type grpcInstance string

func (i grpcInstance) Name(ctx context.Context, req *whoamiv1.NameRequest) (*whoamiv1.NameResponse, error) {
	return &whoamiv1.NameResponse{Name: string(i)}, nil
}

func serveGRPC(l net.Listener, name string) (stop func() error) {
	server := vologrpc.NewServer()
	if err := server.Register(whoamiv1grpc.NewWhoAmIService(grpcInstance(name))); err != nil {
		log.Fatal(err)
	}
	go server.Serve(l)
	return server.Close
}

func grpcClient(d discovery.Discoverer, b loadbalance.Balancer) client {
	c, err := whoamiv1grpc.NewWhoAmIClient("whoami", vologrpc.WithDiscoverer(d), vologrpc.WithBalancer(b))
	if err != nil {
		log.Fatal(err)
	}
	ask := func(ctx context.Context) (string, error) {
		resp, err := c.Name(ctx, &whoamiv1.NameRequest{})
		return resp.GetName(), err
	}
	return client{ask, c.Close}
}
