package loadbalance

import (
	"cmp"
	"slices"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
)

// SubsetConfig says which instances a client keeps to.
type SubsetConfig struct {
	// Size is how many instances a client uses; of fewer it uses all. Zero
	// stands for [DefaultSubset].
	Size int

	// Client tells the clients of a service apart. Numbers from 0 on, such as
	// the ordinals of a StatefulSet, spread them evenly over the instances,
	// however many there are; [Hash] of a name spreads them at random.
	Client uint64
}

// DefaultSubset is how many instances a client uses unless configured.
const DefaultSubset = 20

// Subset returns the balancer that uses inner for a part of the instances, so
// that thousands of clients and thousands of instances need not all have
// connections to each other.
//
// The part is a window of a circle of all instances, ordered by the hashes of
// their addresses; it begins at a place that is the client's own, by the
// golden ratio. So it depends on the instances, Size and Client alone, and is
// the same after a restart. If an instance comes or goes, a window moves by at
// most one.
//
// Where inner does not know weights, or Size is small, the sum of the weights
// may differ from part to part. Put Subset around Eject, so that ejection
// reckons with what is used: Subset(Eject(P2C(), …), …).
func Subset(inner Balancer, c SubsetConfig) Balancer {
	if c.Size <= 0 {
		c.Size = DefaultSubset
	}
	return subset{inner, c}
}

type subset struct {
	inner  Balancer
	config SubsetConfig
}

// Balance implements [Balancer].
func (s subset) Balance(instances []discovery.Instance) Picker { return s.renew(nil, instances) }

// Discreet implements [motore.Discreet].
func (s subset) Discreet() bool { return motore.IsDiscreet(s.inner) }

func (s subset) renew(before Picker, instances []discovery.Instance) Picker {
	p := newPart(s.inner, before, instances, s.config.members(instances))
	return hear(&subsetting{p, s}, p.inner.tracker != nil)
}

// members returns the window of a client.
func (c SubsetConfig) members(instances []discovery.Instance) []int {
	n := len(instances)
	circle := make([]int, n)
	seeds := make([]uint64, n)
	for i, in := range instances {
		circle[i], seeds[i] = i, seed(in)
	}
	if n <= c.Size {
		return circle
	}
	slices.SortFunc(circle, func(a, b int) int { return cmp.Compare(seeds[a], seeds[b]) })
	// 2⁶⁴ over the golden ratio: whatever number of multiples lies evenly on
	// the circle. The product's upper half is the place of ours.
	place := c.Client * 0x9e3779b97f4a7c15
	from := int(place >> 32 * uint64(n) >> 32)
	window := append(circle[from:min(n, from+c.Size):n], circle[:max(0, from+c.Size-n)]...)
	slices.Sort(window) // in the order of the snapshot, which may mean something
	return window
}

type subsetting struct {
	*part
	subset subset
}

// Renew implements [Renewer].
func (s *subsetting) Renew(instances []discovery.Instance) Picker {
	return s.subset.renew(s.inner.Picker, instances)
}
