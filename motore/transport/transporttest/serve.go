// Package transporttest puts a server of either framework into the process of a
// test, without a network. It is what volothrifttest and vologrpctest have in
// common, and no more than that: tests of services use those.
package transporttest

import (
	"context"
	"errors"
	"net"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// Target is an address that clients accept and nobody listens on.
const Target = "memory.invalid:1"

// patience is how long handlers may take to return, and goroutines to end,
// once the test is over.
const patience = 5 * time.Second

// A Server is what runs. Serve returns an error that is Closed after Close, which
// waits for handlers.
type Server interface {
	Serve(l net.Listener) error
	Close() error
}

// A Config says how a framework's servers look from outside.
type Config struct {
	Name   string // of the package that tests use, for errors
	Closed error  // what Serve returns after Close
	// Client is found in the stacks of the goroutines that a client's connections
	// have. A handler that is the first to call a client starts one; it belongs to
	// the client, who may well outlive the server.
	Client string
}

// Memory is the way to a server.
type Memory struct{ listener *transport.MemoryListener }

var served atomic.Int64

// Serve serves s until the test ends, and fails the test if a handler does not
// return then or has left goroutines behind.
func Serve(t testing.TB, s Server, c Config) *Memory {
	t.Helper()
	m := &Memory{transport.NewMemoryListener()}
	// Goroutines inherit labels, so this one finds all that handlers start.
	mark := mark{c.Name, strconv.FormatInt(served.Add(1), 10), c.Client}
	ended, accepts := make(chan error, 1), make(chan struct{})
	go pprof.Do(context.Background(), pprof.Labels(mark.label, mark.value), func(context.Context) {
		ended <- s.Serve(&door{MemoryListener: m.listener, opened: accepts})
	})
	select {
	case <-accepts: // from here on the server may be ended, too
	case err := <-ended:
		t.Fatalf("%s: %v", c.Name, err)
	}
	t.Cleanup(func() {
		t.Helper()
		over := make(chan struct{})
		go func() {
			defer close(over)
			s.Close()
			if err := <-ended; !errors.Is(err, c.Closed) {
				t.Errorf("%s: serving ended with %v", c.Name, err)
			}
		}()
		select {
		case <-over:
		case <-time.After(patience):
			t.Errorf("%s: a handler has not returned %v after its context was cancelled:\n%s", c.Name, patience, mark.stacks())
			return
		}
		if left := mark.waitForEnd(patience); left != "" {
			t.Errorf("%s: goroutines that handlers have started still run:\n%s", c.Name, left)
		}
	})
	return m
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

// Dial connects to the server, whatever the address.
func (m *Memory) Dial(ctx context.Context, _ rpc.Address) (*transport.Conn, error) {
	nc, err := m.listener.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return transport.NewConn(nc), nil
}
