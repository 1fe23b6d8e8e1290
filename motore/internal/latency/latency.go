// Package latency estimates a quantile of what calls have taken lately.
package latency

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// A Quantile watches durations and tells below which one a given part of those
// of the last one or two windows was, up to an eighth too high. It may be used
// concurrently; adding takes no lock and allocates nothing.
type Quantile struct {
	part   float64
	window time.Duration
	start  time.Time

	turn     atomic.Int64 // the number of the current window
	counts   [2]histogram // of the windows, by parity
	computed atomic.Int64 // when value was, plus one
	value    atomic.Int64
	n        atomic.Int64

	mu sync.Mutex // held by who turns or computes
}

// New returns a quantile without durations. part is between 0 and 1.
func New(part float64, window time.Duration) *Quantile {
	return &Quantile{part: part, window: window, start: time.Now()}
}

// Add takes a duration into account.
func (q *Quantile) Add(d time.Duration) {
	turn := q.current(time.Since(q.start))
	q.counts[turn&1][bucketOf(d)].Add(1)
}

// Value returns the quantile and how many durations it was made of. It is
// computed again a hundred times a window, and each time while there are few.
func (q *Quantile) Value() (d time.Duration, n int) {
	now := time.Since(q.start)
	q.current(now)
	if n = int(q.n.Load()); n < few || int64(now)-q.computed.Load() >= int64(q.window)/100 {
		q.compute(now)
	}
	return time.Duration(q.value.Load()), int(q.n.Load())
}

// few durations are counted anew for each who asks.
const few = 100

// current returns the number of the window at now, and forgets what is too
// old for it.
func (q *Quantile) current(now time.Duration) int64 {
	turn := int64(now / q.window)
	last := q.turn.Load()
	if turn == last {
		return turn
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if last = q.turn.Load(); turn > last {
		q.counts[turn&1].clear()
		if turn > last+1 {
			q.counts[last&1].clear()
		}
		q.computed.Store(-int64(q.window))
		q.turn.Store(turn)
	}
	return turn
}

func (q *Quantile) compute(now time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var sums [size]int
	total := 0
	for i := range sums {
		sums[i] = int(q.counts[0][i].Load()) + int(q.counts[1][i].Load())
		total += sums[i]
	}
	rank := int(q.part * float64(total))
	for i, n := range sums {
		if rank -= n; n > 0 && rank < 0 || i == size-1 {
			q.value.Store(int64(upper(i)))
			break
		}
	}
	q.n.Store(int64(total))
	q.computed.Store(int64(now))
}

// A histogram counts microseconds: up to 16 each for itself, beyond that in
// eight steps to each power of two.
type histogram [size]atomic.Uint32

const (
	steps = 8
	size  = 2*steps + 32*steps
)

func (h *histogram) clear() {
	for i := range h {
		h[i].Store(0)
	}
}

func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	if us < 2*steps {
		return int(us)
	}
	exp := bits.Len64(us) - 4 // us>>exp is between steps and 2*steps
	return min(exp*steps+int(us>>exp), size-1)
}

// upper returns the end of a bucket.
func upper(i int) time.Duration {
	us := uint64(i + 1)
	if i >= 2*steps {
		exp := i/steps - 1
		us = uint64(i-exp*steps+1) << exp
	}
	return time.Duration(us) * time.Microsecond
}
