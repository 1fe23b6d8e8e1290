package loadbalance

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// P2C returns the balancer that looks at two instances, drawn in proportion to
// the weights, and picks the one where the call will wait less: the power of
// two choices over a peak-sensitive average of latency (peak EWMA), times the
// calls that are under way there. So a slow instance gets few calls within few
// calls, and none is ever swamped.
//
// The average jumps to each latency that exceeds it and loses half of itself
// in 8.6 s of shorter ones, or of silence: who was slow is asked again. A
// difference below a quarter is noise, and the first of the two is taken. Of an
// instance that was not measured yet only the calls under way count.
//
// Calls that failed are not taken for quick ones: each doubles the average, up
// to a second. Calls that the caller gave up can only raise it; streams and
// rejected calls leave it alone.
func P2C() Balancer {
	return frugal{func(instances []discovery.Instance) Picker {
		return newP2C(nil, clock{time.Now()}, instances)
	}}
}

type p2c struct {
	clock
	book   book[load]
	loads  []*load
	shares []float64
	sample sample
}

func newP2C(before book[load], c clock, instances []discovery.Instance) *p2c {
	p := &p2c{clock: c, shares: shares(instances), sample: newSample(instances)}
	now := c.now()
	p.book, p.loads = before.renew(instances, func(l *load) bool {
		return l.busy() || l.latency.at(now) > best
	})
	return p
}

// Renew implements [Renewer].
func (p *p2c) Renew(instances []discovery.Instance) Picker {
	return newP2C(p.book, p.clock, instances)
}

func (p *p2c) Pick(_ context.Context, tried Tried) (int, error) { return p.pick(tried, p.now()) }

func (p *p2c) pickAt(_ context.Context, tried Tried, now time.Time) (int, error) {
	return p.pick(tried, p.at(now))
}

func (p *p2c) pick(tried Tried, now time.Duration) (int, error) {
	if len(tried) > 0 {
		return p.pickOther(tried, now)
	}
	if len(p.loads) == 0 {
		return 0, ErrNoInstance
	}
	i, j := p.sample.two()
	if i != j && p.better(now, j, i) {
		return j, nil
	}
	return i, nil
}

// pickOther takes the best of all that are left.
func (p *p2c) pickOther(tried Tried, now time.Duration) (int, error) {
	best, left := -1, tried.rest()
	for i := range p.loads {
		if left.has(i) && (best < 0 || p.better(now, i, best)) {
			best = i
		}
	}
	if best < 0 {
		return 0, ErrNoInstance
	}
	return best, nil
}

// better reports whether a call will wait clearly less at i than at j.
func (p *p2c) better(now time.Duration, i, j int) bool {
	const noise = 1.25
	a, b := p.queue(i), p.queue(j)
	x, y := p.loads[i].latency.at(now), p.loads[j].latency.at(now)
	if x == 0 || y == 0 {
		return a < b
	}
	return a*x*noise < b*y
}

// queue returns how many calls there would be with this one, as of an instance
// of mean weight.
func (p *p2c) queue(i int) float32 {
	return 1 + float32(p.loads[i].outstanding.Load())/float32(p.shares[i])
}

// Begin implements [Tracker].
func (p *p2c) Begin(i int) { p.loads[i].outstanding.Add(1) }

// End implements [Tracker].
func (p *p2c) End(i int, elapsed time.Duration, outcome rpc.Outcome) {
	p.end(i, elapsed, outcome, p.now())
}

func (p *p2c) endAt(i int, elapsed time.Duration, outcome rpc.Outcome, now time.Time) {
	p.end(i, elapsed, outcome, p.at(now))
}

func (p *p2c) end(i int, elapsed time.Duration, outcome rpc.Outcome, now time.Duration) {
	l := p.loads[i]
	l.outstanding.Add(-1)
	switch {
	case outcome.Faulty():
		l.latency.fail(now, elapsed)
	case elapsed == 0 || outcome == rpc.Rejected:
	case outcome == rpc.Canceled:
		l.latency.raise(now, elapsed)
	default:
		l.latency.observe(now, elapsed)
	}
}

// Inspect implements [Inspector].
func (p *p2c) Inspect(i int, s *State) {
	s.Outstanding = p.loads[i].outstanding.Load()
	s.Latency = time.Duration(p.loads[i].latency.at(p.now()))
}
