// Package volothrifttest puts a server and its clients into one process,
// without a network, for the tests of services:
//
//	pair := volothrifttest.New(t, storethrift.NewStoreService(handler))
//	client, err := storethrift.NewStoreClient(pair.Target(), pair.ClientOptions()...)
//
// Everything between the two is what runs in production, down to the bytes;
// only the sockets are buffers in memory. Nothing waits for a real network, so
// a pair works within a testing/synctest bubble, where time-outs take no time.
//
// When the test ends, the server is closed, and the test fails if a handler
// does not return or has left goroutines behind. Close clients before that:
// with t.Cleanup or a defer after New.
//
// A Pair may be used from any goroutine.
package volothrifttest

import (
	"context"
	"log/slog"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/transport/transporttest"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A Pair is a server and the way to it.
type Pair struct {
	server *volothrift.Server
	memory *transporttest.Memory
}

// New serves services until the test ends, with a server that logs to the
// test. For other options, see [Serve].
func New(t testing.TB, services ...*volothrift.Service) *Pair {
	t.Helper()
	server := volothrift.NewServer(volothrift.WithLogger(slog.New(slog.NewTextHandler(t.Output(), nil))))
	for _, service := range services {
		if err := server.Register(service); err != nil {
			t.Fatalf("volothrifttest: %v", err)
		}
	}
	return Serve(t, server)
}

// Serve serves what is registered with server until the test ends.
func Serve(t testing.TB, server *volothrift.Server) *Pair {
	t.Helper()
	return &Pair{server, transporttest.Serve(t, server, transporttest.Config{
		Name: "volothrifttest", Closed: volothrift.ErrServerClosed, Client: "/volo-thrift/internal/multiplex.New.func",
	})}
}

// Server returns the server, for instance to shut it down within the test.
func (p *Pair) Server() *volothrift.Server { return p.server }

// Target returns the target for clients that have [Pair.ClientOptions].
func (p *Pair) Target() string { return transporttest.Target }

// ClientOptions returns what makes a client connect to the pair's server,
// followed by more.
func (p *Pair) ClientOptions(more ...volothrift.ClientOption) []volothrift.ClientOption {
	return append([]volothrift.ClientOption{volothrift.WithDialer(p.Dial)}, more...)
}

// Dial connects to the server, whatever the address. It is what
// [Pair.ClientOptions] has clients dial with; a dialer of your own may call it
// to count or to fail.
func (p *Pair) Dial(ctx context.Context, to rpc.Address) (*transport.Conn, error) {
	return p.memory.Dial(ctx, to)
}
