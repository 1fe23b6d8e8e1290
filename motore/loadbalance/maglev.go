package loadbalance

import (
	"cmp"
	"slices"

	"github.com/volo-go/volo/motore/discovery"
)

// Maglev is the balancer that sends equal keys to the same instance by a table
// of fixed size (Eisenbud et al., "Maglev", section 3.4). The zero value is
// good.
//
// Beside [Consistent], it spreads keys as evenly as the table allows, and finds
// one by a single look; but if an instance comes or goes, a few keys move
// between instances that stayed. All processes agree on the placement, since
// it depends on addresses, weights and Size alone. A call that fails over goes
// to the next other instance in the table.
type Maglev struct {
	// Key finds the key of a call; nil takes what [WithKey] has set.
	Key Key

	// Size is how many entries of four bytes the table has, rounded up to a
	// prime and at most about five million; zero stands for [DefaultTable]. It
	// should be a hundred times the number of instances for shares that are
	// exact to one percent. Placements of different sizes have nothing in
	// common. If it is less than the number of instances, some get no keys.
	Size int

	// Excess bounds the load as that of [Consistent] does.
	Excess float64
}

// DefaultTable is the size of a Maglev table unless configured: it is built
// within a few milliseconds.
const DefaultTable = 65537

// maxTable is a prime, as all sizes are.
const maxTable = 5_000_011

// Balance implements [Balancer].
func (m Maglev) Balance(instances []discovery.Instance) Picker {
	return m.renew(instances, nil)
}

// Discreet implements [motore.Discreet]: a Key sees calls.
func (m Maglev) Discreet() bool { return m.Key == nil }

func (m Maglev) renew(instances []discovery.Instance, before *bound) Picker {
	return newKeyed(m.Key, m.table(instances), m.Excess, instances, before, m.renew)
}

// A table has an instance for each remainder of a hash.
type table struct {
	entries   []int32
	instances int
}

// free marks an entry that is nobody's yet.
const free = -1

// A claimant goes through the table in steps of its own, which reach every
// entry since the table's size is a prime, and takes entries that are free.
type claimant struct {
	instance   int32
	next, step uint32
	weight     uint64
}

func (m Maglev) table(instances []discovery.Instance) table {
	if len(instances) == 0 {
		return table{}
	}
	size := m.size()
	t := table{make([]int32, size), len(instances)}
	for i := range t.entries {
		t.entries[i] = free
	}
	claimants := newClaimants(instances, uint64(size))
	for _, k := range claims(claimants, size)[:size] {
		claimants[k].claim(t.entries)
	}
	return t
}

// claims returns whose turn it is to claim an entry, at least so many times. In
// each round the heaviest claim one and the others as often as their weight
// allows: the n-th time in round n·heaviest/weight, rounded up. So when somebody
// claims depends on nobody else, but for the heaviest.
func claims(claimants []claimant, atLeast int) []int32 {
	var heaviest, sum uint64
	for _, c := range claimants {
		heaviest, sum = max(heaviest, c.weight), sum+c.weight
	}
	// Rounding takes less than one claim from each.
	rounds := uint64(atLeast+len(claimants))*heaviest/sum + 1
	each := func(f func(round uint64, k int)) {
		for k := range claimants {
			w := claimants[k].weight
			for n := uint64(1); ; n++ {
				round := (n*heaviest + w - 1) / w
				if round > rounds {
					break
				}
				f(round, k)
			}
		}
	}
	starts := make([]int32, rounds+2) // of each round, where its claims begin
	each(func(round uint64, _ int) { starts[round+1]++ })
	for r := range rounds + 1 {
		starts[r+1] += starts[r]
	}
	order := make([]int32, starts[rounds+1])
	each(func(round uint64, k int) {
		order[starts[round]] = int32(k)
		starts[round]++
	})
	return order
}

// newClaimants returns who takes entries, in an order that does not depend on
// that of the snapshot.
func newClaimants(instances []discovery.Instance, size uint64) []claimant {
	claimants, seeds := make([]claimant, len(instances)), make([]uint64, len(instances))
	for i, in := range instances {
		seeds[i] = seed(in)
		claimants[i] = claimant{
			instance: int32(i),
			next:     uint32(seeds[i] % size),
			step:     uint32(mix(seeds[i]+1)%(size-1)) + 1,
			weight:   uint64(max(1, in.Weight)),
		}
	}
	slices.SortFunc(claimants, func(a, b claimant) int {
		if c := cmp.Compare(seeds[a.instance], seeds[b.instance]); c != 0 {
			return c
		}
		return cmp.Compare(instances[a.instance].Address.String(), instances[b.instance].Address.String())
	})
	return claimants
}

// claim takes the next entry that is free. There must be one.
func (c *claimant) claim(entries []int32) {
	size := uint32(len(entries))
	for {
		at := c.next
		if c.next += c.step; c.next >= size {
			c.next -= size
		}
		if entries[at] == free {
			entries[at] = c.instance
			return
		}
	}
}

// size returns the first prime that is not less than what is configured.
func (m Maglev) size() int {
	if m.Size <= 0 {
		return DefaultTable
	}
	n := min(max(3, m.Size), maxTable)
	for !prime(n) {
		n++
	}
	return n
}

func prime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return true
}

func (t table) place(hash uint64, tried Tried, room *bound) (int, bool) {
	at := int(hash % uint64(len(t.entries)))
	if i := int(t.entries[at]); len(tried) == 0 && (room == nil || room.has(i)) {
		return i, true
	}
	return t.placeFrom(at, hash, tried, room)
}

// placeFrom looks for the next instance from the entry at on.
func (t table) placeFrom(at int, hash uint64, tried Tried, room *bound) (int, bool) {
	left := tried.rest()
	fits := func(i int) bool { return left.has(i) && (room == nil || room.has(i)) }
	size := len(t.entries)
	// Far enough to meet everybody who has a fair number of entries.
	for range min(size, 16*t.instances) {
		if i := int(t.entries[at]); fits(i) {
			return i, true
		}
		if at++; at == size {
			at = 0
		}
	}
	for k := range t.instances {
		if i := int((hash + uint64(k)) % uint64(t.instances)); fits(i) {
			return i, true
		}
	}
	return 0, false
}
