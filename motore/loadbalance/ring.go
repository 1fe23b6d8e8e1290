package loadbalance

import (
	"math/bits"

	"github.com/volo-go/volo/motore/discovery"
)

// Consistent is the balancer that sends equal keys to the same instance, by
// the places of instances on a ring of hashes. The zero value is good. See
// [Maglev] for one that spreads keys more evenly.
//
// If an instance comes or goes, or its weight changes, only the keys that it
// gains or loses move. A call that fails over goes to the next instance on the
// ring, the same one for every call with that key. All processes agree on the
// placement, since it depends on addresses, weights and Points alone.
type Consistent struct {
	// Key finds the key of a call; nil takes what [WithKey] has set.
	Key Key

	// Points is how many points on the ring an instance of default weight
	// gets; others in proportion, at least one. More of them spread the
	// load more evenly and cost 16 bytes each. Zero stands for
	// [DefaultPoints]. If a ring had more than a million points, all instances
	// get half as many, or a quarter, and so on.
	Points int

	// Excess bounds the load: with 0.25, an instance has at most a quarter
	// more calls under way than its share; what exceeds that goes to the next
	// instances on the ring. Zero is without bound, and is cheaper.
	Excess float64
}

// DefaultPoints keeps most instances within a tenth of their share.
const DefaultPoints = 160

// maxRing bounds the points of a ring, except that each instance has one.
const maxRing = 1 << 20

// A point is a place on the ring of all hashes and the instance that owns the
// arc up to it.
type point struct {
	hash     uint64
	instance int
}

// A ring has its points in order.
type ring []point

// Balance implements [Balancer].
func (c Consistent) Balance(instances []discovery.Instance) Picker {
	return c.renew(instances, nil)
}

// Discreet implements [motore.Discreet]: a Key sees calls.
func (c Consistent) Discreet() bool { return c.Key == nil }

func (c Consistent) renew(instances []discovery.Instance, before *bound) Picker {
	return newKeyed(c.Key, c.ring(instances), c.Excess, instances, before, c.renew)
}

func (c Consistent) ring(instances []discovery.Instance) ring {
	if c.Points <= 0 {
		c.Points = DefaultPoints
	}
	total := 0
	for _, in := range instances {
		total += c.points(in)
	}
	shift := 0
	for total>>shift > maxRing {
		shift++
	}
	r := make(ring, 0, total>>shift+len(instances))
	for i, in := range instances {
		seed := seed(in)
		// The n-th point depends on the address and n alone, so a change of
		// weight adds or takes points and moves none.
		for n := range max(1, c.points(in)>>shift) {
			r = append(r, point{mix(seed + uint64(n)*0x9e3779b97f4a7c15), i})
		}
	}
	return r.sorted(func(a, b point) bool {
		if a.hash != b.hash {
			return a.hash < b.hash
		}
		// Whoever comes first in the snapshot must not matter.
		return instances[a.instance].Address.String() < instances[b.instance].Address.String()
	})
}

// sorted returns the points in order. Hashes are spread evenly, so that as many
// buckets as there are points, more or less, leave little to do.
func (r ring) sorted(before func(a, b point) bool) ring {
	shift := 64 - bits.Len(uint(len(r)))
	ends := make([]int, 1<<(64-shift))
	for _, p := range r {
		ends[p.hash>>shift]++
	}
	for k := 1; k < len(ends); k++ {
		ends[k] += ends[k-1]
	}
	out := make(ring, len(r))
	for _, p := range r {
		k := p.hash >> shift
		ends[k]--
		out[ends[k]] = p
	}
	for i := range out {
		for k := i; k > 0 && before(out[k], out[k-1]); k-- {
			out[k], out[k-1] = out[k-1], out[k]
		}
	}
	return out
}

func (c Consistent) points(in discovery.Instance) int {
	return max(1, c.Points*in.Weight/discovery.DefaultWeight)
}

func (r ring) place(hash uint64, tried Tried, room *bound) (int, bool) {
	at := r.search(hash)
	for k := range r {
		p := at + k
		if p >= len(r) {
			p -= len(r)
		}
		if i := r[p].instance; !tried.Has(i) && (room == nil || room.has(i)) {
			return i, true
		}
	}
	return 0, false
}

// search returns the index of the first point at or after hash; the ring's
// end is its beginning.
func (r ring) search(hash uint64) int {
	low, high := 0, len(r)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if r[middle].hash < hash {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == len(r) {
		return 0
	}
	return low
}
