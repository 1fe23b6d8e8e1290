package loadbalance

import (
	"context"
	"math/rand/v2"

	"github.com/volo-go/volo/motore/discovery"
)

// Random returns the balancer that picks at random, in proportion to the
// weights. After a failure it picks among the others, in proportion too.
func Random() Balancer { return frugal{newRandom} }

type random struct {
	sample    sample
	instances []discovery.Instance
}

func newRandom(instances []discovery.Instance) Picker {
	return &random{newSample(instances), instances}
}

func (r *random) Pick(_ context.Context, tried Tried) (int, error) {
	switch {
	case len(tried) > 0:
		return r.pickOther(tried)
	case len(r.instances) == 0:
		return 0, ErrNoInstance
	}
	return r.sample.draw(), nil
}

// pickOther walks over the instances that are left. It is linear, which a
// call that has just failed can bear.
func (r *random) pickOther(tried Tried) (int, error) {
	sum, left := 0, tried.rest()
	for i, in := range r.instances {
		if left.has(i) {
			sum += in.Weight
		}
	}
	if sum == 0 {
		return 0, ErrNoInstance
	}
	x := rand.IntN(sum)
	for i, in := range r.instances {
		if !left.has(i) {
			continue
		}
		if x >= in.Weight {
			x -= in.Weight
			continue
		}
		return i, nil
	}
	panic("unreachable: x is less than the weights that are left")
}
