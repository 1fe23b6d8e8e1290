package loadbalance

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// LeastRequests is the balancer that picks the instance with the fewest calls
// under way in relation to its weight. The zero value is good.
//
// A stream is under way until it ends, so this is the balancer of long streams
// and of calls that take very different times. It knows of this client's calls
// only.
type LeastRequests struct {
	// Choices is how many instances it looks at, drawn in proportion to the
	// weights; of equal ones the first is taken. Zero stands for 2, which is
	// almost as good as many. If there are no more instances than that, it
	// looks at all of them.
	Choices int
}

// Balance implements [Balancer].
func (b LeastRequests) Balance(instances []discovery.Instance) Picker {
	return b.renew(nil, instances)
}

// Discreet implements [motore.Discreet].
func (LeastRequests) Discreet() bool { return true }

func (b LeastRequests) renew(before book[load], instances []discovery.Instance) Picker {
	p := &least{config: b, choices: b.Choices, sample: newSample(instances), shares: shares(instances)}
	if p.choices <= 0 {
		p.choices = 2
	}
	p.book, p.loads = before.renew(instances, (*load).busy)
	return p
}

type least struct {
	config  LeastRequests
	choices int
	book    book[load]
	loads   []*load
	shares  []float64
	sample  sample
}

// Renew implements [Renewer].
func (p *least) Renew(instances []discovery.Instance) Picker {
	return p.config.renew(p.book, instances)
}

func (p *least) Pick(_ context.Context, tried Tried) (int, error) {
	switch n := len(p.loads); {
	case n <= len(tried):
		return 0, ErrNoInstance
	case len(tried) > 0 || p.choices >= n:
		return p.all(tried)
	case p.choices == 2:
		i, j := p.sample.two()
		if p.queue(j) < p.queue(i) {
			i = j
		}
		return i, nil
	}
	best := p.sample.draw()
	for range p.choices - 1 {
		if i := p.sample.draw(); p.queue(i) < p.queue(best) {
			best = i
		}
	}
	return best, nil
}

// all looks at all instances that are left. It begins with one that is drawn,
// which wins if nobody has less to do.
func (p *least) all(tried Tried) (int, error) {
	n := len(p.loads)
	best, from, left := -1, p.sample.draw(), tried.rest()
	for k := range n {
		i := from + k
		if i >= n {
			i -= n
		}
		if left.has(i) && (best < 0 || p.queue(i) < p.queue(best)) {
			best = i
		}
	}
	if best < 0 {
		return 0, ErrNoInstance
	}
	return best, nil
}

// queue returns the calls under way, as of an instance of mean weight.
func (p *least) queue(i int) float64 {
	return float64(p.loads[i].outstanding.Load()) / p.shares[i]
}

// Begin implements [Tracker].
func (p *least) Begin(i int) { p.loads[i].outstanding.Add(1) }

// End implements [Tracker].
func (p *least) End(i int, _ time.Duration, _ rpc.Outcome) { p.loads[i].outstanding.Add(-1) }

// Inspect implements [Inspector].
func (p *least) Inspect(i int, s *State) { s.Outstanding = p.loads[i].outstanding.Load() }
