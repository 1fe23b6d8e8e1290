package loadbalance

import (
	"sync/atomic"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A book holds what is known of instances, from one snapshot to the next.
type book[S any] map[rpc.Address]*S

// renew returns the book of these instances and its pages in their order. Who
// has gone stays in it while it matters, since it may come back.
func (b book[S]) renew(instances []discovery.Instance, matters func(*S) bool) (book[S], []*S) {
	after, pages := make(book[S], len(instances)), make([]*S, len(instances))
	for i, in := range instances {
		s := b[in.Address]
		if s == nil {
			s = new(S)
		}
		after[in.Address], pages[i] = s, s
	}
	for address, s := range b {
		if after[address] == nil && matters(s) {
			after[address] = s
		}
	}
	return after, pages
}

// A load is what an instance has to do for us. Instances do not share a cache
// line, since all of them are written all the time.
type load struct {
	outstanding atomic.Int64
	latency     estimate
	_           [48]byte
}

// busy reports whether calls are under way.
func (l *load) busy() bool { return l.outstanding.Load() > 0 }

// shares returns the weights in relation to their mean.
func shares(instances []discovery.Instance) []float64 {
	var sum float64
	for _, in := range instances {
		sum += float64(in.Weight)
	}
	out := make([]float64, len(instances))
	for i, in := range instances {
		out[i] = float64(in.Weight) * float64(len(instances)) / sum
	}
	return out
}
