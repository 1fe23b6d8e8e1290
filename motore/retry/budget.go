package retry

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Defaults of a [Budget].
const (
	DefaultRatio   = 0.2 // one retry for five calls
	DefaultReserve = 10  // and ten a second for those who make few calls
)

// A Budget lets retries be a part of all calls: each call earns the ratio of
// one retry, and each retry costs one. Beside that a reserve of so many
// retries a second is there for clients that make few calls. What is earned
// can be saved up to [MaxSaved] retries; it does not grow old.
//
// When all calls fail, a service gets 1 + ratio times the load that it would
// have without retries, and not the number of attempts times.
//
// It may be used concurrently. Earning is one atomic load while the savings
// are full.
type Budget struct {
	earns int64 // of a call, in millionths
	saved atomic.Int64

	perSecond float64
	mu        sync.Mutex
	reserve   float64
	filled    time.Time
}

// MaxSaved is how many retries a [Budget] saves at most.
const MaxSaved = 100

const millionths = 1_000_000

// NewBudget returns a budget with no savings and a full reserve, which is that
// of one second. What is below zero or not a number counts as zero; both zero
// allow no retry at all.
func NewBudget(ratio, reservePerSecond float64) *Budget {
	b := &Budget{earns: int64(math.Round(min(positive(ratio), MaxSaved) * millionths)), perSecond: positive(reservePerSecond)}
	b.reserve = b.most()
	return b
}

// positive returns x, or zero for what is less or not a number.
func positive(x float64) float64 {
	if x > 0 {
		return x
	}
	return 0
}

// Earn is called once for each call, before its outcome is known.
func (b *Budget) Earn() {
	if b.saved.Load() >= MaxSaved*millionths {
		return
	}
	b.saved.Add(b.earns) // at most a few calls' worth too much
}

// Spend reports whether a retry may be made, and takes it off.
func (b *Budget) Spend() bool {
	for {
		saved := b.saved.Load()
		if saved < millionths {
			return b.draw()
		}
		if b.saved.CompareAndSwap(saved, saved-millionths) {
			return true
		}
	}
}

// most is how much the reserve holds: what comes in a second, or the one
// retry that takes longer to come.
func (b *Budget) most() float64 {
	if b.perSecond == 0 {
		return 0
	}
	return max(b.perSecond, 1)
}

// draw takes a retry from the reserve.
func (b *Budget) draw() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if !b.filled.IsZero() {
		b.reserve = min(b.most(), b.reserve+b.perSecond*now.Sub(b.filled).Seconds())
	}
	b.filled = now
	if b.reserve < 1 {
		return false
	}
	b.reserve--
	return true
}
