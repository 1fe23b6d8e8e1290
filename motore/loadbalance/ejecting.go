package loadbalance

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// An ejecting is the Picker that [Eject] makes. Its indices are those of inner.
type ejecting struct {
	*ejector
	inner     told
	instances []discovery.Instance
	healths   []*health
	outs      atomic.Pointer[Tried] // who is not in
}

// Renew implements [Renewer].
func (p *ejecting) Renew(instances []discovery.Instance) Picker {
	return p.picker(p.inner.Picker, instances)
}

// out returns who is out or on trial.
func (p *ejecting) out() Tried { return *p.outs.Load() }

// list notes who is not in. The caller holds mu.
func (p *ejecting) list() {
	var out Tried
	for i, h := range p.healths {
		if h.standing.Load() != 0 {
			out = append(out, i)
		}
	}
	out = slices.Clip(out)
	p.outs.Store(&out)
}

// well returns how many instances are in or may have a trial.
func (p *ejecting) well() int {
	n, out := len(p.instances), p.out()
	if len(out) == 0 {
		return n
	}
	now := p.now()
	for _, i := range out {
		if now < over(p.healths[i].standing.Load()) {
			n--
		}
	}
	return n
}

func (p *ejecting) Pick(ctx context.Context, tried Tried) (int, error) {
	return p.pickAt(ctx, tried, time.Time{})
}

func (p *ejecting) pickAt(ctx context.Context, tried Tried, now time.Time) (int, error) {
	i, err := p.inner.pickAt(ctx, tried, now)
	if err != nil || p.admits(i) {
		return i, err
	}
	return p.pickOther(ctx, tried, i)
}

// admits reports whether a call may go to instance i. If it is out and its
// time is over, this is its trial.
func (p *ejecting) admits(i int) bool {
	h := p.healths[i]
	standing := h.standing.Load()
	if standing == 0 {
		return true
	}
	now := p.now()
	return now >= over(standing) && h.standing.CompareAndSwap(standing, -int64(now+p.config.Base))
}

// pickOther picks instead of i, which is out. Asking again keeps the shares
// among those that are in; a Picker that says the same again, as it does for a
// key, is told to leave out who is out.
func (p *ejecting) pickOther(ctx context.Context, tried Tried, i int) (int, error) {
	const patience = 16
	last := i
	for range patience {
		j, err := p.inner.Pick(ctx, tried)
		if err != nil || p.admits(j) {
			return j, err
		}
		if j == last {
			break
		}
		last = j
	}
	others := p.without(tried)
	if len(tried) == 0 && len(others) == len(p.instances) {
		return i, nil // everybody is out: inner need not look at each to find that
	}
	j, err := p.inner.Pick(ctx, others)
	if errors.Is(err, ErrNoInstance) {
		return i, nil // everybody is out
	}
	if err == nil {
		p.admits(j) // who is not the first on trial does little harm
	}
	return j, err
}

// without returns what a call is to leave out: what it has tried, and who is
// out, in ascending order. Without a trial due it makes no list of its own.
func (p *ejecting) without(tried Tried) Tried {
	out, now := p.out(), p.now()
	due := func(i int) bool { return now >= over(p.healths[i].standing.Load()) }
	if len(tried) == 0 && !slices.ContainsFunc(out, due) {
		return out
	}
	others := append(slices.DeleteFunc(slices.Clone(out), due), tried...)
	slices.Sort(others)
	return slices.Compact(others)
}

// Begin implements [Tracker].
func (p *ejecting) Begin(i int) { p.inner.begin(i) }

// End implements [Tracker].
func (p *ejecting) End(i int, elapsed time.Duration, outcome rpc.Outcome) {
	p.endAt(i, elapsed, outcome, time.Time{})
}

func (p *ejecting) endAt(i int, elapsed time.Duration, outcome rpc.Outcome, now time.Time) {
	p.inner.endAt(i, elapsed, outcome, now)
	h := p.healths[i]
	switch {
	case outcome.Faulty():
		p.fault(i)
	case outcome == rpc.Answered:
		h.good.Add(1)
		if h.row.Load() != 0 {
			h.row.Store(0)
		}
		if h.standing.Load() < 0 {
			p.restore(i)
		}
	default:
		// A trial that says nothing: the next call may be one.
		if standing := h.standing.Load(); standing < 0 {
			h.standing.CompareAndSwap(standing, 1)
		}
	}
}

// Inspect implements [Inspector].
func (p *ejecting) Inspect(i int, s *State) {
	inspect(p.inner.Picker, i, s)
	h := p.healths[i]
	s.Ejections = p.forgiven(h, p.now())
	if standing := h.standing.Load(); standing > 0 {
		s.EjectedUntil = p.start.Add(over(standing))
	}
}
