package loadbalance

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// LocalityConfig says which instances are near, and when calls go further.
type LocalityConfig struct {
	// Zone is where the client is: instances whose tag [ZoneTag] says the same
	// are near, all others far.
	Zone string

	// Rank, if not nil, says how far an instance is instead: 0 for the
	// nearest, more for others, such as those of the same region. It is called
	// once for each instance of a snapshot.
	Rank func(in discovery.Instance) int

	// Enough is how many instances of a rank that are not ejected can bear all
	// calls. If a rank has fewer, only that part of the calls stays there and
	// the rest goes further. Zero stands for 1: calls go further when nobody
	// is left.
	Enough int

	// Busy is how many calls under way, for each instance that is not ejected,
	// make a rank so busy that calls go further. Zero is without limit.
	Busy int
}

// ZoneTag is the tag of an instance that says where it is.
const ZoneTag = "zone"

// Locality returns the balancer that uses inner for the nearest instances, and
// for those further away when the near ones have all been tried, are too few,
// or have too much to do. If all are too busy, the nearest take the call; the
// farthest are never too few.
//
// Only an [Eject] right inside tells it which instances are ejected:
// Locality(Eject(P2C(), …), …).
func Locality(inner Balancer, c LocalityConfig) Balancer {
	if c.Rank == nil {
		zone := c.Zone
		c.Rank = func(in discovery.Instance) int {
			if in.Tags[ZoneTag] == zone {
				return 0
			}
			return 1
		}
	}
	c.Enough = max(1, c.Enough)
	return locality{inner, c}
}

type locality struct {
	inner  Balancer
	config LocalityConfig
}

// A rank is the part of the instances that are equally far away.
type rank struct {
	*part
	distance    int
	outstanding *atomic.Int64 // counted if there is a limit
}

// Balance implements [Balancer].
func (l locality) Balance(instances []discovery.Instance) Picker { return l.renew(nil, instances) }

// Discreet implements [motore.Discreet].
func (l locality) Discreet() bool { return motore.IsDiscreet(l.inner) }

func (l locality) renew(before []rank, instances []discovery.Instance) Picker {
	distances := make([]int, len(instances))
	for i, in := range instances {
		distances[i] = l.config.Rank(in)
	}
	p := &localizing{locality: l, rankOf: make([]int, len(instances))}
	heard := l.config.Busy > 0
	all := slices.Clone(distances)
	for _, r := range before {
		all = append(all, r.distance) // a rank that is empty remembers who was there
	}
	slices.Sort(all)
	for _, d := range slices.Compact(all) {
		var members []int
		for i := range instances {
			if distances[i] == d {
				members = append(members, i)
				p.rankOf[i] = len(p.ranks)
			}
		}
		r := rank{distance: d, outstanding: new(atomic.Int64)}
		var inner Picker
		if k, ok := slices.BinarySearchFunc(before, d, func(r rank, d int) int { return cmp.Compare(r.distance, d) }); ok {
			inner, r.outstanding = before[k].inner.Picker, before[k].outstanding
		}
		r.part = newPart(l.inner, inner, instances, members)
		heard = heard || r.inner.tracker != nil
		p.ranks = append(p.ranks, r)
	}
	return hear(p, heard)
}

type localizing struct {
	locality
	ranks  []rank // the nearest first
	rankOf []int  // by index of the instance
}

// Renew implements [Renewer].
func (p *localizing) Renew(instances []discovery.Instance) Picker {
	return p.locality.renew(p.ranks, instances)
}

func (p *localizing) Pick(ctx context.Context, tried Tried) (int, error) {
	return p.pickAt(ctx, tried, time.Time{})
}

func (p *localizing) pickAt(ctx context.Context, tried Tried, now time.Time) (int, error) {
	from := p.choose()
	for k := range p.ranks {
		// From the one that was chosen to the farthest; then those before.
		i, err := p.ranks[(from+k)%len(p.ranks)].pickAt(ctx, tried, now)
		if err == nil || !errors.Is(err, ErrNoInstance) {
			return i, err
		}
	}
	return 0, ErrNoInstance
}

// choose returns the nearest rank that can bear a call, the nearest of all if
// none can.
func (p *localizing) choose() int {
	c := &p.locality.config
	if c.Enough == 1 && c.Busy <= 0 {
		// Only a rank without anybody is left out.
		for k := range p.ranks {
			if p.ranks[k].well() > 0 {
				return k
			}
		}
		return 0
	}
	for k := range p.ranks {
		well := p.ranks[k].well()
		if c.Busy > 0 && p.ranks[k].outstanding.Load() >= int64(c.Busy*well) {
			continue
		}
		if k == len(p.ranks)-1 || well >= c.Enough || rand.IntN(c.Enough) < well {
			return k
		}
	}
	return 0
}

// Begin implements [Tracker].
func (p *localizing) Begin(i int) {
	r := &p.ranks[p.rankOf[i]]
	if p.locality.config.Busy > 0 {
		r.outstanding.Add(1)
	}
	r.Begin(i)
}

// End implements [Tracker].
func (p *localizing) End(i int, elapsed time.Duration, outcome rpc.Outcome) {
	p.endAt(i, elapsed, outcome, time.Time{})
}

func (p *localizing) endAt(i int, elapsed time.Duration, outcome rpc.Outcome, now time.Time) {
	r := &p.ranks[p.rankOf[i]]
	if p.locality.config.Busy > 0 {
		r.outstanding.Add(-1)
	}
	r.endAt(i, elapsed, outcome, now)
}

// Inspect implements [Inspector].
func (p *localizing) Inspect(i int, s *State) { p.ranks[p.rankOf[i]].Inspect(i, s) }
