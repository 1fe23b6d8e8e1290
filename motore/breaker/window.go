package breaker

import (
	"sync/atomic"
	"time"
)

// buckets are the parts of a window; the oldest is forgotten as a whole.
const buckets = 10

// A window counts the calls and failures of the last so many ticks. Each
// bucket is one word, so that no count is lost and no lock taken:
//
//	63       44 43       22 21        0
//	┌──────────┬───────────┬───────────┐
//	│ tick     │ failures  │ calls     │
//	└──────────┴───────────┴───────────┘
//
// A bucket whose tick is not the current one's is empty. Ticks are told apart
// modulo 2^20, which at one a second is twelve days: a bucket of then is only
// taken for one of now if nothing was counted in between.
type window struct {
	start   time.Time // ticks count from here
	length  time.Duration
	buckets [buckets]atomic.Uint64
}

const (
	callBits = 22
	most     = 1<<callBits - 1 // calls of a bucket; more are not counted
	tickMask = 1<<(64-2*callBits) - 1
)

func newWindow(length time.Duration) window {
	return window{start: time.Now(), length: max(length/buckets, 1)}
}

// tick returns the number of the current bucket.
func (w *window) tick() int64 { return int64(time.Since(w.start) / w.length) }

func (w *window) add(tick int64, failure bool) {
	b := &w.buckets[tick%buckets]
	now := uint64(tick&tickMask) << (2 * callBits)
	one := uint64(1)
	if failure {
		one |= 1 << callBits
	}
	for {
		old := b.Load()
		fresh := old + one
		switch {
		case old>>(2*callBits) != now>>(2*callBits):
			fresh = now | one
		case old&most == most:
			return
		}
		if b.CompareAndSwap(old, fresh) {
			return
		}
	}
}

// sum returns what was counted in the window that ends with tick.
func (w *window) sum(tick int64) (t Tally) {
	for i := max(tick-buckets+1, 0); i <= tick; i++ {
		v := w.buckets[i%buckets].Load()
		if v>>(2*callBits) == uint64(i&tickMask) {
			t.Calls += int(v & most)
			t.Failures += int(v >> callBits & most)
		}
	}
	return t
}

func (w *window) clear() {
	for i := range w.buckets {
		w.buckets[i].Store(0)
	}
}
