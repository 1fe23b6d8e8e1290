package loadbalance

import (
	"math/rand/v2"

	"github.com/volo-go/volo/motore/discovery"
)

// A sample draws instances in proportion to their weights, in constant time:
// Walker's alias method with Vose's construction. Each slot of the table is
// shared by the instance of that index and one other.
type sample struct {
	slots []slot
	equal bool // all weights are the same: the slot is the instance
}

type slot struct {
	own   uint32 // the part of the slot that is the instance's own, of 2³²
	other uint32
}

func newSample(instances []discovery.Instance) sample {
	s := sample{make([]slot, len(instances)), true}
	left := shares(instances) // of each instance, in slots
	var light, heavy []int
	for i, in := range instances {
		s.equal = s.equal && in.Weight == instances[0].Weight
		if left[i] < 1 {
			light = append(light, i)
		} else {
			heavy = append(heavy, i)
		}
	}
	for len(light) > 0 && len(heavy) > 0 {
		l, h := light[len(light)-1], heavy[len(heavy)-1]
		light = light[:len(light)-1]
		s.slots[l] = slot{uint32(left[l] * (1 << 32)), uint32(h)}
		// What the light one leaves of its slot goes to the heavy one.
		if left[h] -= 1 - left[l]; left[h] < 1 {
			heavy = heavy[:len(heavy)-1]
			light = append(light, h)
		}
	}
	// Who is left has a slot for itself, but for an error of rounding.
	for _, i := range append(light, heavy...) {
		s.slots[i] = slot{1<<32 - 1, uint32(i)}
	}
	return s
}

// draw returns an instance. There must be one.
func (s *sample) draw() int {
	random := rand.Uint64()
	i := int(random >> 32 * uint64(len(s.slots)) >> 32)
	if at := s.slots[i]; !s.equal && uint32(random) >= at.own {
		return int(at.other)
	}
	return i
}

// two returns two instances, different if possible with little effort. There
// must be one.
func (s *sample) two() (first, second int) {
	n := uint64(len(s.slots))
	if n == 1 {
		return 0, 0
	}
	if s.equal {
		random := rand.Uint64()
		first, second = int(random>>32*n>>32), int(random&(1<<32-1)*(n-1)>>32)
		if second >= first {
			second++
		}
		return first, second
	}
	first = s.draw()
	for range 3 {
		if second = s.draw(); second != first {
			break
		}
	}
	return first, second
}
