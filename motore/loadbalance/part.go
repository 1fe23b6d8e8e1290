package loadbalance

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A part is the Picker of some instances of a snapshot. Outside of it,
// instances have the indices that they have in the snapshot.
type part struct {
	inner   told
	members []int // by inner index
	at      []int // inner indices by outer ones; -1 for who is not in
}

// newPart makes the part of members; before is the Picker that it follows, nil
// for none.
func newPart(b Balancer, before Picker, instances []discovery.Instance, members []int) *part {
	p := &part{members: members, at: make([]int, len(instances))}
	for i := range p.at {
		p.at[i] = -1
	}
	chosen := make([]discovery.Instance, len(members))
	for k, i := range members {
		chosen[k], p.at[i] = instances[i], k
	}
	p.inner = tell(renew(b, before, chosen))
	return p
}

func (p *part) Pick(ctx context.Context, tried Tried) (int, error) {
	return p.pickAt(ctx, tried, time.Time{})
}

func (p *part) pickAt(ctx context.Context, tried Tried, now time.Time) (int, error) {
	if len(tried) > 0 {
		tried = p.inside(tried)
	}
	i, err := p.inner.pickAt(ctx, tried, now)
	if err != nil {
		return 0, err
	}
	return p.members[i], nil
}

// inside returns those that are in the part, by their inner indices.
func (p *part) inside(tried Tried) Tried {
	var inside Tried
	for _, i := range tried {
		if k := p.at[i]; k >= 0 {
			inside = append(inside, k)
		}
	}
	return inside
}

// Begin implements [Tracker].
func (p *part) Begin(i int) {
	if k := p.at[i]; k >= 0 {
		p.inner.begin(k)
	}
}

// End implements [Tracker].
func (p *part) End(i int, elapsed time.Duration, outcome rpc.Outcome) {
	p.endAt(i, elapsed, outcome, time.Time{})
}

func (p *part) endAt(i int, elapsed time.Duration, outcome rpc.Outcome, now time.Time) {
	if k := p.at[i]; k >= 0 {
		p.inner.endAt(k, elapsed, outcome, now)
	}
}

// Inspect implements [Inspector].
func (p *part) Inspect(i int, s *State) {
	if k := p.at[i]; k >= 0 {
		inspect(p.inner.Picker, k, s)
	}
}

// well returns how many instances of the part a call may go to, as far as its
// Picker knows who is ejected.
func (p *part) well() int {
	if e, ok := p.inner.Picker.(*ejecting); ok {
		return e.well()
	}
	return len(p.members)
}

// A deaf Picker is made of others of which none wants to hear how calls go.
type deaf struct{ decorator }

// A decorator is a Picker that is made of others.
type decorator interface {
	Renewer
	Inspector
}

// hear returns p as a [Tracker], or as none.
func hear(p decorator, wanted bool) Picker {
	if wanted {
		return p
	}
	return deaf{p}
}
