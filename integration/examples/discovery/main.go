// Command discovery finds servers by the name of their service. The discoverer
// is written here, in the file registry.go; it could as well ask a registry
// that you have. Instances come with weights, and may come and go.
package main

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/volo-go/volo/integration/examples/discovery/gen/name/namethrift"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// An instance implements the service.
type instance string

func (i instance) Name(ctx context.Context) (string, error) { return string(i), nil }

func main() {
	big, stopBig := serve("big", 3)
	defer stopBig()
	small, stopSmall := serve("small", 1)
	defer stopSmall()
	registry := newRegistry()
	registry.Set(big, small)

	// With a discoverer, the target is the name of the service.
	client, err := namethrift.NewNameClient("shop.name",
		volothrift.WithDiscoverer(registry),
		volothrift.WithBalancer(loadbalance.RoundRobin()))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	fmt.Println("by weight:", count(client, 8))

	// The client hears of changes by itself, soon, but in its own time.
	fresh, stopFresh := serve("fresh", 1)
	defer stopFresh()
	registry.Set(fresh)
	for count(client, 4)["fresh"] < 4 {
	}
	fmt.Println("after a change:", count(client, 8))
}

// count calls n times and returns who has answered how often.
func count(client namethrift.Name, n int) map[string]int {
	answers := map[string]int{}
	for range n {
		name, err := client.Name(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		answers[name]++
	}
	return answers
}

// serve starts an instance on a free port.
func serve(name string, weight int) (_ discovery.Instance, stop func() error) {
	server := volothrift.NewServer()
	if err := server.Register(namethrift.NewNameService(instance(name))); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	return discovery.Instance{Address: rpc.AddressOf(listener.Addr()), Weight: weight}, server.Close
}
