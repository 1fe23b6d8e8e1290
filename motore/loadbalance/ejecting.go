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
	inner     Picker
	tracker   Tracker // inner, if it is one
	instances []discovery.Instance
	healths   []*health
	outs      atomic.Pointer[Tried] // who is not in
}

// Renew implements [Renewer].
func (p *ejecting) Renew(instances []discovery.Instance) Picker {
	return p.picker(p.inner, instances)
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
	n := len(p.instances)
	for _, i := range p.out() {
		if p.now() < over(p.healths[i].standing.Load()) {
			n--
		}
	}
	return n
}

func (p *ejecting) Pick(ctx context.Context, tried Tried) (int, error) {
	i, err := p.inner.Pick(ctx, tried)
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
	without := p.out()
	if len(tried) > 0 {
		without = slices.Concat(tried, without)
	}
	j, err := p.inner.Pick(ctx, without)
	if errors.Is(err, ErrNoInstance) {
		return i, nil // everybody is out
	}
	return j, err
}

// Begin implements [Tracker].
func (p *ejecting) Begin(i int) {
	if p.tracker != nil {
		p.tracker.Begin(i)
	}
}

// End implements [Tracker].
func (p *ejecting) End(i int, elapsed time.Duration, outcome rpc.Outcome) {
	if p.tracker != nil {
		p.tracker.End(i, elapsed, outcome)
	}
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
	inspect(p.inner, i, s)
	h := p.healths[i]
	p.mu.Lock()
	defer p.mu.Unlock()
	s.Ejections = p.forgiven(h, p.now())
	if standing := h.standing.Load(); standing > 0 {
		s.EjectedUntil = p.start.Add(over(standing))
	}
}
