//go:build !race

package volothrift_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// TestAllocationsOfACall counts what an echo of a kilobyte over TCP allocates,
// generated code included: what the server does for a peer that allocates
// nothing, and what is left of a whole call for the client.
func TestAllocationsOfACall(t *testing.T) {
	key := strings.Repeat("k", 1024)
	call, reply := message(typeCall, "get", 1, text(1, key)), message(typeReply, "get", 1, text(0, key))
	for _, p := range protocols {
		addr := serveTCP(t, handler{}, volothrift.WithEngine(transport.EngineNet))
		var request, answer []byte
		switch p.wire {
		case volothrift.Unframed:
			request, answer = call, reply
		case volothrift.Framed:
			request, answer = framed(call), framed(reply)
		default:
			h := header{seq: 1, ints: map[uint16]string{6: "Store", 9: "get", 22: "1"}, strs: map[string]string{"isn": "Store"}}
			if strings.HasPrefix(p.name, "multiplexed") {
				h.flags = 1
			}
			payload, back := call, reply
			if p.wire == volothrift.TTHeaderFramed {
				payload, back = framed(call), framed(reply)
			}
			request, answer = h.frame(payload), header{ints: map[uint16]string{22: "2"}}.frame(back)
		}
		nc, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		server := allocations(t, func() error {
			nc.Write(request)
			_, err := io.ReadFull(nc, answer)
			return err
		})
		nc.Close()
		c := newClient(t, addr, append(p.opts, volothrift.WithEngine(transport.EngineNet))...)
		client := allocations(t, func() error {
			_, err := c.Get(context.Background(), key)
			return err
		}) - server
		t.Logf("%s: client %v, server %v", p.name, client, server)
		if client > 6 || server > 6 {
			t.Errorf("%s: a call allocates %v times on the client and %v on the server, want at most 6 and 6", p.name, client, server)
		}
	}
}

func allocations(t *testing.T, call func() error) float64 {
	t.Helper()
	run := func() {
		if err := call(); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		run() // connects, and fills what is kept
	}
	return testing.AllocsPerRun(1000, run)
}

// TestGovernanceAllocatesNothing: what a client does beside with discovery,
// balancing, ejection, a breaker and a deadline.
func TestGovernanceAllocatesNothing(t *testing.T) {
	addr := serveTCP(t, handler{}, volothrift.WithEngine(transport.EngineNet))
	count := func(target string, opts ...volothrift.ClientOption) float64 {
		c := newClient(t, target, append(opts, volothrift.WithEngine(transport.EngineNet))...)
		const calls = 2000
		var before, after runtime.MemStats
		for i := range 100 + calls {
			if i == 100 { // what is kept is there
				runtime.ReadMemStats(&before)
			}
			if _, err := c.Get(context.Background(), "k"); err != nil {
				t.Fatal(err)
			}
		}
		runtime.ReadMemStats(&after)
		return float64(after.Mallocs-before.Mallocs) / calls
	}
	plain := count(addr)
	full := count("store", volothrift.WithDiscoverer(discovery.Static(rpc.TCP(addr))), volothrift.WithTimeout(time.Minute),
		volothrift.WithInner(volothrift.Breaker(breaker.Config{})))
	if full > plain+0.5 {
		t.Errorf("a call allocates %v times, %v without", full, plain)
	}
}
