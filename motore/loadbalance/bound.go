package loadbalance

import (
	"context"
	"math"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A bound is how much each instance may have to do: consistent hashing with
// bounded loads (Mirrokni, Thorup, Zadimoghaddam). Of all calls under way, no
// instance gets more than its share and the excess, rounded up, so that a key
// that everybody wants spills over to the next instances.
type bound struct {
	book  book[load]
	loads []*load
	parts []float64     // of all calls that an instance may have, excess included
	total *atomic.Int64 // calls under way, to all instances
}

// renew returns the bound of other instances; b may be nil.
func (b *bound) renew(excess float64, instances []discovery.Instance) *bound {
	next := &bound{parts: shares(instances), total: new(atomic.Int64)}
	if b != nil {
		next.book, next.total = b.book, b.total
	}
	next.book, next.loads = next.book.renew(instances, (*load).busy)
	for i := range next.parts {
		next.parts[i] *= (1 + excess) / float64(len(instances))
	}
	return next
}

// has reports whether there is room at i for another call.
func (b *bound) has(i int) bool {
	most := math.Ceil(b.parts[i] * float64(b.total.Load()+1))
	return float64(b.loads[i].outstanding.Load())+1 <= most
}

// A bounded is a keyed whose instances get no more than they may.
type bounded struct {
	keyed
	bound *bound
	again func([]discovery.Instance, *bound) Picker
}

// Renew implements [Renewer].
func (p *bounded) Renew(instances []discovery.Instance) Picker { return p.again(instances, p.bound) }

func (p *bounded) Pick(ctx context.Context, tried Tried) (int, error) {
	return p.pick(ctx, tried, p.bound)
}

// Begin implements [Tracker].
func (p *bounded) Begin(i int) {
	p.bound.total.Add(1)
	p.bound.loads[i].outstanding.Add(1)
}

// End implements [Tracker].
func (p *bounded) End(i int, _ time.Duration, _ rpc.Outcome) {
	p.bound.loads[i].outstanding.Add(-1)
	p.bound.total.Add(-1)
}

// Inspect implements [Inspector].
func (p *bounded) Inspect(i int, s *State) { s.Outstanding = p.bound.loads[i].outstanding.Load() }
