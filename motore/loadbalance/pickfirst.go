package loadbalance

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// PickFirst returns the balancer that stays with one instance: the first of
// the snapshot, until a call to it ends unsent; then the next one, and so on,
// round the end. It stays there while the instance is listed. Weights do not
// matter. It suits a single server behind several addresses, and is what gRPC
// clients do unless told otherwise.
func PickFirst() Balancer {
	return frugal{func(instances []discovery.Instance) Picker {
		return &pickFirst{instances: instances}
	}}
}

type pickFirst struct {
	instances []discovery.Instance
	current   atomic.Int64
}

// Renew implements [Renewer].
func (p *pickFirst) Renew(instances []discovery.Instance) Picker {
	next := &pickFirst{instances: instances}
	if len(p.instances) > 0 {
		next.current.Store(int64(max(0, index(instances, p.instances[p.current.Load()].Address))))
	}
	return next
}

func (p *pickFirst) Pick(_ context.Context, tried Tried) (int, error) {
	i := int(p.current.Load())
	for range p.instances {
		if !tried.Has(i) {
			return i, nil
		}
		i = p.after(i)
	}
	return 0, ErrNoInstance
}

func (p *pickFirst) after(i int) int { return (i + 1) % len(p.instances) }

// Begin implements [Tracker].
func (p *pickFirst) Begin(int) {}

// End implements [Tracker].
func (p *pickFirst) End(i int, _ time.Duration, outcome rpc.Outcome) {
	if outcome == rpc.Unsent {
		p.current.CompareAndSwap(int64(i), int64(p.after(i)))
	}
}

// index returns where the instance with an address is, -1 if nowhere.
func index(instances []discovery.Instance, a rpc.Address) int {
	for i, in := range instances {
		if in.Address == a {
			return i
		}
	}
	return -1
}
