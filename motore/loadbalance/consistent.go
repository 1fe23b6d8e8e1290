package loadbalance

import (
	"cmp"
	"context"
	"slices"

	"github.com/volo-go/volo/motore/discovery"
)

// Consistent is the balancer that sends equal keys to the same instance. The
// zero value is good.
//
// If an instance comes or goes, or its weight changes, only the keys that it
// gains or loses move. A call that fails over goes to the next instance on the
// ring, the same one for every call with that key. All processes agree on the
// placement, since it depends on addresses, weights and Points alone.
type Consistent struct {
	// Key returns the hash of what decides where the call in ctx goes, see
	// [Hash], and false if there is none, which fails the call with
	// [ErrNoKey]. Nil takes what [WithKey] has set.
	Key func(ctx context.Context) (hash uint64, ok bool)

	// Points is how many points on the ring an instance of default weight
	// gets; others in proportion, at least one. More of them spread the
	// load more evenly and cost 16 bytes each. Zero stands for
	// [DefaultPoints]. If a ring had more than a million points, all instances
	// get half as many, or a quarter, and so on.
	Points int
}

// DefaultPoints keeps most instances within a tenth of their share.
const DefaultPoints = 160

// maxRing bounds the points of a ring, except that each instance has one.
const maxRing = 1 << 20

type keyKey struct{}

// WithKey returns a context whose calls [Consistent] places by key.
func WithKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, keyKey{}, Hash(key))
}

func keyFromContext(ctx context.Context) (uint64, bool) {
	hash, ok := ctx.Value(keyKey{}).(uint64)
	return hash, ok
}

// Hash returns a hash of s that is the same in every process: FNV-1a, its bits
// mixed so that similar strings land far apart.
func Hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// mix is a bijection in which every bit of x changes about half of the
// result: the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// A point is a place on the ring of all hashes and the instance that owns the
// arc up to it.
type point struct {
	hash     uint64
	instance int
}

type ring struct {
	key       func(ctx context.Context) (uint64, bool)
	points    []point // by hash
	instances int
}

// Balance implements [Balancer].
func (c Consistent) Balance(instances []discovery.Instance) Picker {
	if c.Key == nil {
		c.Key = keyFromContext
	}
	if c.Points <= 0 {
		c.Points = DefaultPoints
	}
	r := &ring{key: c.Key, instances: len(instances)}
	total := 0
	for _, in := range instances {
		total += c.points(in)
	}
	shift := 0
	for total>>shift > maxRing {
		shift++
	}
	r.points = make([]point, 0, total>>shift+len(instances))
	for i, in := range instances {
		seed := Hash(in.Address.Network() + " " + in.Address.String())
		// The n-th point depends on the address and n alone, so a change of
		// weight adds or takes points and moves none.
		for n := range max(1, c.points(in)>>shift) {
			r.points = append(r.points, point{mix(seed + uint64(n)*0x9e3779b97f4a7c15), i})
		}
	}
	slices.SortFunc(r.points, func(a, b point) int {
		if a.hash != b.hash {
			return cmp.Compare(a.hash, b.hash)
		}
		// Whoever comes first in the snapshot must not matter.
		return cmp.Compare(instances[a.instance].Address.String(), instances[b.instance].Address.String())
	})
	return r
}

func (c Consistent) points(in discovery.Instance) int {
	return max(1, c.Points*in.Weight/discovery.DefaultWeight)
}

func (r *ring) Pick(ctx context.Context, tried Tried) (int, error) {
	if len(tried) >= r.instances {
		return 0, ErrNoInstance
	}
	hash, ok := r.key(ctx)
	if !ok {
		return 0, ErrNoKey
	}
	at := r.search(hash)
	for k := range r.points {
		p := at + k
		if p >= len(r.points) {
			p -= len(r.points)
		}
		if i := r.points[p].instance; !tried.Has(i) {
			return i, nil
		}
	}
	return 0, ErrNoInstance
}

// search returns the index of the first point at or after hash; the ring's
// end is its beginning.
func (r *ring) search(hash uint64) int {
	low, high := 0, len(r.points)
	for low < high {
		middle := int(uint(low+high) >> 1)
		if r.points[middle].hash < hash {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == len(r.points) {
		return 0
	}
	return low
}
