package loadbalance

import (
	"math"
	"sync/atomic"
	"time"
)

// An estimate is how long an instance takes: an average of latencies that
// jumps to each peak at once and comes down slowly, by half in [halfLife], in
// calls as in silence. Unused it is zero: nothing is known.
//
// Value and time are in one word, so that it is read and written as a whole:
// above the nanoseconds as a float32, below the ticks of when they were true.
type estimate struct{ word atomic.Uint64 }

const (
	tick     = 20 // a tick has 2²⁰ ns, about a millisecond
	halfLife = 13 // half-life: 2¹³ ticks, 8.6 s

	// worst is what failures can make of an estimate, and best what the first
	// of them makes of an unknown one.
	worst = float32(time.Second)
	best  = float32(time.Millisecond)
)

func ticks(now time.Duration) uint32 { return uint32(now >> tick) }

// fade returns the part that is left after some ticks: 2^-n at every n
// half-lives, and a straight line in between.
func fade(ticks uint32) float32 {
	n := ticks >> halfLife
	if n > 100 {
		return 0
	}
	part := float32(ticks&(1<<halfLife-1)) / (1 << (halfLife + 1))
	return math.Float32frombits((127-n)<<23) * (1 - part)
}

// age returns the ticks from one time to another. Who has looked at the clock
// first may be here last: it finds what is as of now.
func age(from, to uint32) uint32 {
	if d := to - from; d < 1<<31 {
		return d
	}
	return 0
}

// at returns the estimate in nanoseconds, zero if nothing is known.
func (e *estimate) at(now time.Duration) float32 {
	word := e.word.Load()
	return math.Float32frombits(uint32(word>>32)) * fade(age(uint32(word), ticks(now)))
}

// observe takes a call of d into account.
func (e *estimate) observe(now, d time.Duration) {
	x := max(1, float32(d))
	e.change(now, func(was, faded float32) float32 {
		if was == 0 || x >= was*faded {
			return x
		}
		return x + (was-x)*faded
	})
}

// raise takes into account that a call has not ended well after d: it may take
// longer than that.
func (e *estimate) raise(now, d time.Duration) {
	e.change(now, func(was, faded float32) float32 {
		return max(was*faded, float32(d))
	})
}

// fail doubles the estimate, up to the worst. A call that failed quickly has
// not been quick.
func (e *estimate) fail(now, d time.Duration) {
	e.change(now, func(was, faded float32) float32 {
		return max(was*faded, min(worst, max(best, 2*was*faded)), float32(d))
	})
}

// change replaces the estimate by what f makes of it; faded is the part of it
// that is left now.
func (e *estimate) change(now time.Duration, f func(was, faded float32) float32) {
	at := ticks(now)
	for {
		old := e.word.Load()
		was := math.Float32frombits(uint32(old >> 32))
		next := f(was, fade(age(uint32(old), at)))
		word := uint64(math.Float32bits(next))<<32 | uint64(at)
		// Within a tick, what is not a peak changes nothing.
		if word == old || e.word.CompareAndSwap(old, word) {
			return
		}
	}
}
