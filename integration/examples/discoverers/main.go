// Command discoverers has clients of Thrift and of gRPC find their servers in
// the same three ways: through a registry of one's own, written here in the
// file board.go, with which the servers also register; through a file; and
// through DNS. The services are those of the example balancer.
package main

import (
	"context"
	"fmt"
	"log"
	"maps"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/volo-go/volo/integration/examples/balancer/gen/whoami/v1"
	"github.com/volo-go/volo/integration/examples/balancer/gen/whoami/v1/whoamiv1grpc"
	"github.com/volo-go/volo/integration/examples/balancer/gen/whoami/whoamithrift"
	"github.com/volo-go/volo/motore/discovery"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A client asks an instance for its name.
type client struct {
	ask   func(ctx context.Context) (string, error)
	close func() error
}

func main() {
	http := httptest.NewServer(new(registry))
	defer http.Close()
	folder, err := os.MkdirTemp("", "discoverers")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)
	for _, protocol := range []struct {
		name   string
		serve  func(name string, r discovery.Registrar) (address string, stop func(context.Context) error)
		client func(target string, d discovery.Discoverer) client
	}{
		{"Thrift", serveThrift, thriftClient},
		{"gRPC", serveGRPC, grpcClient},
	} {
		own := board(http.URL + "/" + protocol.name)
		one, stopOne := protocol.serve("one", own)
		two, stopTwo := protocol.serve("two", own)

		c := protocol.client("whoami", own)
		fmt.Println(protocol.name, "finds", await(c, 2), "on the board")

		path := filepath.Join(folder, protocol.name)
		write(path, one)
		f := protocol.client("whoami", discovery.File(discovery.FileConfig{Path: path, Interval: 10 * time.Millisecond}))
		fmt.Println(protocol.name, "finds", await(f, 1), "in a file")
		write(path, one, two)
		fmt.Println(protocol.name, "finds", await(f, 2), "after a change of it")
		f.close()

		_, port, _ := net.SplitHostPort(two)
		d := protocol.client("localhost:"+port, discovery.NewDNS(discovery.DNSConfig{Network: "ip4"}))
		fmt.Println(protocol.name, "finds", await(d, 1), "by DNS")
		d.close()

		// A server that shuts down is not found any more, and then gone.
		if err := stopOne(context.Background()); err != nil {
			log.Fatal(err)
		}
		fmt.Println(protocol.name, "finds", await(c, 1), "once the other has shut down")
		c.close()
		stopTwo(context.Background())
	}
}

// write puts addresses into a file as the instances of whoami.
func write(path string, addresses ...string) {
	text := `{"whoami": [`
	for i, address := range addresses {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf(`{"address": %q}`, address)
	}
	if err := os.WriteFile(path, []byte(text+"]}\n"), 0o600); err != nil {
		log.Fatal(err)
	}
}

// await calls until as many instances have answered of late, since a client
// hears of changes in its own time, and returns their names.
func await(c client, want int) []string {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		answers := map[string]bool{}
		for range 30 {
			name, err := c.ask(ctx)
			if err != nil && ctx.Err() != nil {
				log.Fatal(err)
			}
			if err == nil {
				answers[name] = true
			}
		}
		if len(answers) == want {
			return slices.Sorted(maps.Keys(answers))
		}
	}
}

// A thriftInstance implements the service of whoami.thrift.
type thriftInstance string

func (i thriftInstance) Name(ctx context.Context) (string, error) { return string(i), nil }

func serveThrift(name string, r discovery.Registrar) (string, func(context.Context) error) {
	server := volothrift.NewServer(volothrift.WithName("whoami"), volothrift.WithRegistrar(r, linger))
	if err := server.Register(whoamithrift.NewWhoAmIService(thriftInstance(name))); err != nil {
		log.Fatal(err)
	}
	l := listen()
	go server.Serve(l)
	return l.Addr().String(), server.Shutdown
}

func thriftClient(target string, d discovery.Discoverer) client {
	c, err := whoamithrift.NewWhoAmIClient(target, volothrift.WithDiscoverer(d))
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

func serveGRPC(name string, r discovery.Registrar) (string, func(context.Context) error) {
	server := vologrpc.NewServer(vologrpc.WithName("whoami"), vologrpc.WithRegistrar(r, linger))
	if err := server.Register(whoamiv1grpc.NewWhoAmIService(grpcInstance(name))); err != nil {
		log.Fatal(err)
	}
	l := listen()
	go server.Serve(l)
	return l.Addr().String(), server.Shutdown
}

func grpcClient(target string, d discovery.Discoverer) client {
	c, err := whoamiv1grpc.NewWhoAmIClient(target, vologrpc.WithDiscoverer(d))
	if err != nil {
		log.Fatal(err)
	}
	ask := func(ctx context.Context) (string, error) {
		resp, err := c.Name(ctx, &whoamiv1.NameRequest{})
		return resp.GetName(), err
	}
	return client{ask, c.Close}
}

// The servers wait this long between deregistration and refusal.
var linger = discovery.Announcement{Linger: 50 * time.Millisecond}

func listen() net.Listener {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	return l
}
