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
	// instances on the ring. Zero is without bound, and is cheaper; what is not
	// a number is the strictest bound.
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
	instance uint32
}

// A ring has its points in order. Hashes are spread evenly, so that of as many
// buckets as there are points, more or less, each holds one or two: a point is
// found by a look at its bucket.
type ring struct {
	points []point
	starts []uint32 // of each bucket, the index of its first point, or else of the next one
	shift  int      // what it takes off a hash to leave its bucket
}

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
	halvings := 0
	for total>>halvings > maxRing {
		halvings++
	}
	seeds, counts := make([]uint64, len(instances)), make([]int, len(instances))
	total = 0
	for i, in := range instances {
		seeds[i], counts[i] = seed(in), max(1, c.points(in)>>halvings)
		total += counts[i]
	}
	shift := 64 - bits.Len(uint(total))
	r := ring{make([]point, total), make([]uint32, 1<<(64-shift)), shift}
	// The n-th point depends on the address and n alone, so a change of weight
	// adds or takes points and moves none.
	each := func(f func(hash uint64, i int)) {
		for i, seed := range seeds {
			for n := range counts[i] {
				f(mix(seed+uint64(n)*0x9e3779b97f4a7c15), i)
			}
		}
	}
	each(func(hash uint64, _ int) { r.starts[hash>>shift]++ })
	end := uint32(0)
	for k, n := range r.starts {
		end += n
		r.starts[k] = end
	}
	each(func(hash uint64, i int) {
		k := hash >> shift
		r.starts[k]--
		r.points[r.starts[k]] = point{hash, uint32(i)}
	})
	r.sort(func(a, b point) bool {
		if a.hash != b.hash {
			return a.hash < b.hash
		}
		// Whoever comes first in the snapshot must not matter.
		return instances[a.instance].Address.String() < instances[b.instance].Address.String()
	})
	return r
}

// sort puts the points in order, which those of different buckets are in.
func (r *ring) sort(before func(a, b point) bool) {
	p := r.points
	for i := range p {
		for k := i; k > 0 && before(p[k], p[k-1]); k-- {
			p[k], p[k-1] = p[k-1], p[k]
		}
	}
}

func (c Consistent) points(in discovery.Instance) int {
	return max(1, c.Points*in.Weight/discovery.DefaultWeight)
}

func (r ring) place(hash uint64, tried Tried, room *bound) (int, bool) {
	at, left := r.search(hash), tried.rest()
	for k := range r.points {
		p := at + k
		if p >= len(r.points) {
			p -= len(r.points)
		}
		if i := int(r.points[p].instance); left.has(i) && (room == nil || room.has(i)) {
			return i, true
		}
	}
	return 0, false
}

// search returns the index of the first point at or after hash; the ring's
// end is its beginning.
func (r ring) search(hash uint64) int {
	at := int(r.starts[hash>>r.shift])
	for at < len(r.points) && r.points[at].hash < hash {
		at++ // within the bucket, or to the first point behind it
	}
	if at == len(r.points) {
		return 0
	}
	return at
}
