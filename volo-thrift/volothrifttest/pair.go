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
	"errors"
	"log/slog"
	"net"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// target is an address that clients accept and nobody listens on.
const target = "memory.invalid:1"

// patience is how long handlers may take to return, and goroutines to end,
// once the test is over.
const patience = 5 * time.Second

// A Pair is a server and the way to it.
type Pair struct {
	server   *volothrift.Server
	listener *transport.MemoryListener
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

var pairs atomic.Int64

// Serve serves what is registered with server until the test ends.
func Serve(t testing.TB, server *volothrift.Server) *Pair {
	t.Helper()
	p := &Pair{server: server, listener: transport.NewMemoryListener()}
	// Goroutines inherit labels, so this one finds all that handlers start.
	mark := strconv.FormatInt(pairs.Add(1), 10)
	served, accepts := make(chan error, 1), make(chan struct{})
	go pprof.Do(context.Background(), pprof.Labels(label, mark), func(context.Context) {
		served <- server.Serve(&door{MemoryListener: p.listener, opened: accepts})
	})
	select {
	case <-accepts: // from here on the server may be ended, too
	case err := <-served:
		t.Fatalf("volothrifttest: %v", err)
	}
	t.Cleanup(func() {
		t.Helper()
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			server.Close()
			if err := <-served; !errors.Is(err, volothrift.ErrServerClosed) {
				t.Errorf("volothrifttest: serving ended with %v", err)
			}
		}()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Errorf("volothrifttest: a handler has not returned %v after its context was cancelled:\n%s", patience, labelled(mark))
			return
		}
		if left := waitForEnd(mark, patience); left != "" {
			t.Errorf("volothrifttest: goroutines that handlers have started still run:\n%s", left)
		}
	})
	return p
}

// A door is a listener that tells when it is first waited at.
type door struct {
	*transport.MemoryListener
	once   sync.Once
	opened chan struct{}
}

func (d *door) Accept() (net.Conn, error) {
	d.once.Do(func() { close(d.opened) })
	return d.MemoryListener.Accept()
}

// Server returns the server, for instance to shut it down within the test.
func (p *Pair) Server() *volothrift.Server { return p.server }

// Target returns the target for clients that have [Pair.ClientOptions].
func (p *Pair) Target() string { return target }

// ClientOptions returns what makes a client connect to the pair's server,
// followed by more.
func (p *Pair) ClientOptions(more ...volothrift.ClientOption) []volothrift.ClientOption {
	return append([]volothrift.ClientOption{volothrift.WithDialer(p.Dial)}, more...)
}

// Dial connects to the server, whatever the address. It is what
// [Pair.ClientOptions] has clients dial with; a dialer of your own may call it
// to count or to fail.
func (p *Pair) Dial(ctx context.Context, _ rpc.Address) (*transport.Conn, error) {
	nc, err := p.listener.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return transport.NewConn(nc), nil
}
