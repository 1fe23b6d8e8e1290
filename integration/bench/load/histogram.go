package load

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// A Histogram counts durations in buckets that are at most 1/64 of their
// values wide: exact below 64 ns, then 64 buckets for every doubling.
//
// The zero value is empty. Record may be called concurrently.
type Histogram struct {
	counts [buckets]atomic.Uint64
}

const (
	subBits = 6
	sub     = 1 << subBits
	// Values from 2^42 ns (73 minutes) on share the last bucket.
	buckets = (42-subBits)*sub + sub
)

// Record counts one duration.
func (h *Histogram) Record(d time.Duration) {
	h.counts[bucket(d)].Add(1)
}

// Merge adds the counts of o.
func (h *Histogram) Merge(o *Histogram) {
	for i := range o.counts {
		if n := o.counts[i].Load(); n > 0 {
			h.counts[i].Add(n)
		}
	}
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() uint64 {
	var n uint64
	for i := range h.counts {
		n += h.counts[i].Load()
	}
	return n
}

// Quantile returns the duration that the fraction q of all recorded ones do
// not exceed, rounded up to the end of its bucket; 0 of an empty histogram.
func (h *Histogram) Quantile(q float64) time.Duration {
	total := h.Count()
	if total == 0 {
		return 0
	}
	// The rank of the wanted duration, counted from 1.
	rank := uint64(q*float64(total) + 0.9999999)
	rank = min(max(rank, 1), total)
	var n uint64
	for i := range h.counts {
		if n += h.counts[i].Load(); n >= rank {
			return upper(i)
		}
	}
	return upper(buckets - 1)
}

// bucket returns the index of the bucket that holds d.
func bucket(d time.Duration) int {
	v := uint64(max(d, 0))
	if v < sub {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - subBits
	return min(shift*sub+int(v>>shift), buckets-1)
}

// upper returns the largest duration in bucket i.
func upper(i int) time.Duration {
	if i < 2*sub {
		return time.Duration(i)
	}
	shift := i/sub - 1
	return time.Duration(uint64(i%sub+sub+1)<<shift - 1)
}
