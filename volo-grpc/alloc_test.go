//go:build !race

package vologrpc_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// TestAllocations counts what both sides of a unary call allocate together,
// the four messages of the test and their strings included.
func TestAllocations(t *testing.T) {
	c := dial(t, serve(t, echo))
	value := strings.Repeat("x", 1024)
	ctx := context.Background()
	n := testing.AllocsPerRun(1000, func() {
		if _, err := c.get(ctx, value); err != nil {
			t.Fatal(err)
		}
	})
	// Measured: 13, of which 6 are the test's.
	if n > 14 {
		t.Errorf("a call takes %v allocations, want at most 14", n)
	}
}

// TestGovernanceAllocatesNothing: what both sides do beside with discovery,
// balancing, ejection, a breaker and a deadline.
func TestGovernanceAllocatesNothing(t *testing.T) {
	address := serve(t, echo)
	ctx := context.Background()
	count := func(c notesClient) float64 {
		const calls = 2000
		var before, after runtime.MemStats
		for i := range 100 + calls {
			if i == 100 { // what is kept is there
				runtime.ReadMemStats(&before)
			}
			if _, err := c.get(ctx, "x"); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs-before.Mallocs) / calls
	}
	plain := count(dial(t, address))
	full := count(dial(t, "notes", vologrpc.WithDiscoverer(discovery.Static(rpc.TCP(address))), vologrpc.WithTimeout(time.Minute),
		vologrpc.WithInner(vologrpc.Breaker(breaker.Config{}))))
	if full > plain+0.5 {
		t.Errorf("a call allocates %v times, %v without", full, plain)
	}
}

// TestAllocationsOfStreams counts what both sides of a message and its answer
// allocate together on a stream that is open.
func TestAllocationsOfStreams(t *testing.T) {
	c := dial(t, serve(t, echo))
	s, err := c.chat(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := of(strings.Repeat("x", 1024))
	n := testing.AllocsPerRun(1000, func() {
		if err := s.Send(m); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Recv(); err != nil {
			t.Fatal(err)
		}
	})
	// Measured: 7, of which 5 are messages and their strings.
	if n > 8 {
		t.Errorf("a message and its answer take %v allocations, want at most 8", n)
	}
}
