package loadbalance

import (
	"context"
	"math/rand/v2"
	"sync/atomic"

	"github.com/volo-go/volo/motore/discovery"
)

// RoundRobin returns the balancer that takes instances in turn, in proportion
// to the weights and smoothly: the calls of an instance with a great weight
// are spread evenly over a round instead of following each other. Each
// snapshot starts somewhere else in the round, lest all clients begin with
// the same instance.
//
// A round has as many calls as the weights have in sum, divided by what
// divides them all; sums beyond 65,536 are scaled down to about that, at
// least one call for each instance.
func RoundRobin() Balancer { return frugal{newRoundRobin} }

// maxRound bounds the memory of a round, which is four bytes a call.
const maxRound = 1 << 16

type roundRobin struct {
	round []uint32 // indices of instances, in the order of calls
	next  atomic.Uint64
}

func newRoundRobin(instances []discovery.Instance) Picker {
	r := &roundRobin{round: round(reduced(instances))}
	if len(r.round) > 0 {
		r.next.Store(rand.Uint64N(uint64(len(r.round))))
	}
	return r
}

func (r *roundRobin) Pick(_ context.Context, tried Tried) (int, error) {
	n := uint64(len(r.round))
	if n == 0 {
		return 0, ErrNoInstance
	}
	if len(tried) == 0 {
		return int(r.round[r.next.Add(1)%n]), nil
	}
	// Look ahead instead of taking turns, which belong to other calls.
	at := r.next.Load() + 1
	for k := range n {
		if i := int(r.round[(at+k)%n]); !tried.Has(i) {
			return i, nil
		}
	}
	return 0, ErrNoInstance
}

// round lays out the calls of a round of s slots, s being the sum of the
// weights. The j-th call of an instance of weight w, j from 0, may be made
// from slot j·s/w on and is due at (j+1)·s/w; each slot goes to the call that
// is due first. So no instance is ever a whole call away from its share.
func round(weights []uint64) []uint32 {
	var s uint64
	for _, w := range weights {
		s += w
	}
	var open turns
	from := make([][]turn, s) // the calls that may be made from a slot on
	for i, w := range weights {
		open.push(turn{0, w, uint32(i)})
	}
	order := make([]uint32, 0, s)
	for slot := range s {
		for _, t := range from[slot] {
			open.push(t)
		}
		from[slot] = nil
		// There always is one: if every instance were ahead of its share,
		// more slots than there were would have been given away.
		t := open.pop()
		order = append(order, t.instance)
		if t.j++; t.j < t.w {
			next := max((t.j*s+t.w-1)/t.w, slot+1)
			from[next] = append(from[next], t)
		}
	}
	return order
}

// A turn is the j-th call in a round of an instance of weight w.
type turn struct {
	j, w     uint64
	instance uint32
}

// dueBefore compares (j+1)/w; of calls that are due at the same time, the
// instance that comes first in the snapshot goes first.
func (t turn) dueBefore(u turn) bool {
	a, b := (t.j+1)*u.w, (u.j+1)*t.w
	return a < b || a == b && t.instance < u.instance
}

// turns is a heap: no turn is due before its parent, at half its index.
type turns []turn

func (h *turns) push(t turn) {
	*h = append(*h, t)
	s := *h
	for i := len(s) - 1; i > 0; {
		parent := (i - 1) / 2
		if !s[i].dueBefore(s[parent]) {
			return
		}
		s[i], s[parent] = s[parent], s[i]
		i = parent
	}
}

func (h *turns) pop() turn {
	s := *h
	first, last := s[0], len(s)-1
	s[0] = s[last]
	s = s[:last]
	*h = s
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if s[child].dueBefore(s[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		s[i], s[least] = s[least], s[i]
		i = least
	}
}

// reduced returns the weights in lowest terms, and scaled to at most about
// maxRound in sum.
func reduced(instances []discovery.Instance) []uint64 {
	weights := make([]uint64, len(instances))
	var sum, divisor uint64
	for i, in := range instances {
		weights[i] = uint64(in.Weight)
		sum += weights[i]
		divisor = gcd(divisor, weights[i])
	}
	if divisor == 0 {
		return nil
	}
	sum /= divisor
	for i := range weights {
		weights[i] /= divisor
		if sum > maxRound {
			weights[i] = max(1, weights[i]*maxRound/sum)
		}
	}
	return weights
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
