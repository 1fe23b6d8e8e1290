package loadbalance

import (
	"context"
	"math/rand/v2"
	"sort"

	"github.com/volo-go/volo/motore/discovery"
)

// Random returns the balancer that picks at random, in proportion to the
// weights. After a failure it picks among the others, in proportion too.
func Random() Balancer { return BalancerFunc(newRandom) }

// random holds sums of weights: sums[i] is the weight of instances 0 to i.
type random struct {
	sums  []uint64
	equal bool // all weights are the same: no search is needed
}

func newRandom(instances []discovery.Instance) Picker {
	r := &random{sums: make([]uint64, len(instances)), equal: true}
	var sum uint64
	for i, in := range instances {
		sum += uint64(in.Weight)
		r.sums[i] = sum
		r.equal = r.equal && in.Weight == instances[0].Weight
	}
	return r
}

func (r *random) Pick(_ context.Context, tried Tried) (int, error) {
	switch n := len(r.sums); {
	case len(tried) > 0:
		return r.pickOther(tried)
	case n == 0:
		return 0, ErrNoInstance
	case r.equal:
		return rand.IntN(n), nil
	default:
		x := rand.Uint64N(r.sums[n-1])
		return sort.Search(n, func(i int) bool { return x < r.sums[i] }), nil
	}
}

// pickOther walks over the instances that are left. It is linear, which a
// call that has just failed can bear.
func (r *random) pickOther(tried Tried) (int, error) {
	var left uint64
	for i := range r.sums {
		if !tried.Has(i) {
			left += r.weight(i)
		}
	}
	if left == 0 {
		return 0, ErrNoInstance
	}
	x := rand.Uint64N(left)
	for i := range r.sums {
		if tried.Has(i) {
			continue
		}
		if w := r.weight(i); x >= w {
			x -= w
			continue
		}
		return i, nil
	}
	panic("unreachable: x is less than the weights that are left")
}

func (r *random) weight(i int) uint64 {
	if i == 0 {
		return r.sums[0]
	}
	return r.sums[i] - r.sums[i-1]
}
