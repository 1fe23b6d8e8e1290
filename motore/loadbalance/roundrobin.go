package loadbalance

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
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
func RoundRobin() Balancer { return BalancerFunc(newRoundRobin) }

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

// round lays out the calls of a round. An instance of weight w is due for its
// j-th call, j from 0, at (j+½)/w of the round; of instances that are due at
// the same time the first one goes first.
func round(weights []uint64) []uint32 {
	type turn struct {
		j, w     uint64
		instance uint32
	}
	var turns []turn
	for i, w := range weights {
		for j := range w {
			turns = append(turns, turn{j, w, uint32(i)})
		}
	}
	slices.SortStableFunc(turns, func(a, b turn) int {
		return cmp.Compare((2*a.j+1)*b.w, (2*b.j+1)*a.w)
	})
	order := make([]uint32, len(turns))
	for k, t := range turns {
		order[k] = t.instance
	}
	return order
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
