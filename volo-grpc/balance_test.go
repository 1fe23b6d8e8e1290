package vologrpc_test

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A meter is a balancer that counts what is under way.
type meter struct {
	loadbalance.Picker
	underWay atomic.Int32
	last     atomic.Uint32 // outcome
}

func (m *meter) Balance(instances []discovery.Instance) loadbalance.Picker {
	m.Picker = loadbalance.Random().Balance(instances)
	return m
}

func (m *meter) Begin(int) { m.underWay.Add(1) }

func (m *meter) End(_ int, _ time.Duration, outcome rpc.Outcome) {
	m.last.Store(uint32(outcome))
	m.underWay.Add(-1)
}

// TestBalancersHearOfStreamsUntilTheirEnd opens a stream of each kind.
func TestBalancersHearOfStreamsUntilTheirEnd(t *testing.T) {
	var m meter
	c := dial(t, "notes", vologrpc.WithDiscoverer(discovery.Static(rpc.TCP(serve(t, echo)))), vologrpc.WithBalancer(&m))
	expect := func(what string, underWay int32, last rpc.Outcome) {
		t.Helper()
		if got := m.underWay.Load(); got != underWay {
			t.Errorf("%s: got %d calls under way, want %d", what, got, underWay)
		}
		if got := rpc.Outcome(m.last.Load()); got != last {
			t.Errorf("%s: got a call that was %v last, want %v", what, got, last)
		}
	}
	if _, err := c.get(soon(t), "x"); err != nil {
		t.Fatal(err)
	}
	expect("after a unary call", 0, rpc.Answered)

	list, err := c.list(soon(t), "ab")
	if err != nil {
		t.Fatal(err)
	}
	chat, err := c.chat(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	expect("two streams are open", 2, rpc.Answered)
	for err = nil; err == nil; {
		_, err = list.Recv()
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	expect("one has ended", 1, rpc.Answered)
	chat.Close()
	expect("the caller has closed the other", 0, rpc.Canceled)
}

// TestDeadInstancesAreEjected has one of two instances down: it gets a few
// calls that go on to the other, and then none.
func TestDeadInstancesAreEjected(t *testing.T) {
	var attempts atomic.Int32
	c := dial(t, "notes", vologrpc.WithDiscoverer(discovery.Static(rpc.TCP(closedPort(t)), rpc.TCP(serve(t, echo)))),
		vologrpc.WithBalancer(loadbalance.Eject(loadbalance.RoundRobin(), loadbalance.EjectConfig{Base: time.Hour})),
		vologrpc.WithInner(countAttempts(&attempts)))
	for range 100 {
		if _, err := c.get(soon(t), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if got := attempts.Load(); got != 105 {
		t.Errorf("got %d attempts for 100 calls, want 105: five to know that an instance is down", got)
	}
}

func countAttempts(n *atomic.Int32) vologrpc.Layer {
	return func(next vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			n.Add(1)
			return next.Call(ctx, req)
		})
	}
}
