package volothrift_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// TestDeadInstancesAreEjected has one of two instances down: it gets a few
// calls that go on to the other, and then none.
func TestDeadInstancesAreEjected(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			cl := newCluster(t, one, other)
			cl.dead[one].Store(true)
			var attempts atomic.Int32
			c := newClient(t, "store", append(p.opts, volothrift.WithDialer(cl.dial),
				volothrift.WithDiscoverer(discovery.Static(one, other)),
				volothrift.WithBalancer(loadbalance.Eject(loadbalance.RoundRobin(), loadbalance.EjectConfig{Base: time.Hour})),
				volothrift.WithInner(layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
					attempts.Add(1)
					return next.Call(ctx, req)
				})))...)
			for range 100 {
				mustGet(t, c, "k")
			}
			if got := attempts.Load(); got != 105 {
				t.Errorf("got %d attempts for 100 calls, want 105: five to know that an instance is down", got)
			}
		})
	}
}

// TestAnotherAttemptGoesElsewhere has a layer make calls again, one after the
// other, as retries do.
func TestAnotherAttemptGoesElsewhere(t *testing.T) {
	cl := newCluster(t, one, other, third)
	var went []rpc.Address
	c := newClient(t, "store", volothrift.WithDialer(cl.dial), volothrift.WithDiscoverer(discovery.Static(one, other, third)),
		volothrift.WithFailover(0),
		volothrift.WithOuter(layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
			next.Call(ctx, req)
			req.Info.Callee.Address = rpc.Address{}
			return next.Call(ctx, req)
		})),
		volothrift.WithInner(layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
			went = append(went, req.Info.Callee.Address)
			if len(went)%2 == 1 {
				return nil, context.DeadlineExceeded
			}
			return next.Call(ctx, req)
		})))
	for range 50 {
		went = nil
		mustGet(t, c, "k")
		if len(went) != 2 || went[0] == went[1] {
			t.Fatalf("got attempts at %v, want two instances", went)
		}
	}
}
