package loadbalance

import (
	"math"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
)

// EjectConfig says which instances are ejected and for how long. The zero
// value is good. Durations and counts that are zero stand for the default in
// their comment; those that may be negative switch something off then.
type EjectConfig struct {
	// Consecutive is how many calls in a row that ended faulty, see
	// rpc.Outcome, eject an instance: 5. Negative: any number may.
	Consecutive int

	// SuccessRate and FailureRate judge instances by all calls of an Interval,
	// as gRFC A50 does.
	SuccessRate SuccessRate
	FailureRate FailureRate

	// Interval is how long calls are counted: 10 s.
	Interval time.Duration

	// Base is how long an instance is out the first time, 30 s, and so much
	// longer each time that follows, up to Max, 5 minutes. With each Interval
	// that it is in, an instance is forgiven one time.
	Base, Max time.Duration

	// MaxPercent is how much of all instances may be out before no other one
	// is ejected: 50. (A50 has 10, of which a client that knows five instances
	// has little.) One may always be out, except for a negative value, which
	// ejects nobody.
	MaxPercent int

	// Changed, if not nil, is told of each ejection and of each return, in
	// their order. It returns quickly, and makes no calls through the balancer.
	Changed func(Ejection)
}

// SuccessRate ejects instances that are worse than the others: those whose
// part of calls that were answered is more than Deviations standard deviations
// below the mean. Calls that the caller gave up, or that would fail anywhere,
// do not count.
//
// Where all others are perfect, a single fault deviates a lot; so an instance
// that answers 19 of 20 calls stays in.
type SuccessRate struct {
	Deviations float64 // 1.9; negative: nobody is compared
	Hosts      int     // 5: how many instances must have had so many calls
	Calls      int     // 100
}

// FailureRate ejects instances of whose calls more than Percent were faulty.
type FailureRate struct {
	Percent int // 85; negative: any number may be
	Hosts   int // 5: how many instances must have had so many calls
	Calls   int // 50
}

// An Ejection is an instance that was taken out, or has come back.
type Ejection struct {
	Instance discovery.Instance
	For      time.Duration // zero: it is back
	Times    int           // that it was taken out lately, this one included
	Reason   string        // for example, "5 faulty calls in a row"
}

// forever is long enough for any ejection, and can be added to a time.
const forever = time.Duration(math.MaxInt64 / 4)

func or[T int | float64 | time.Duration](value, standard T) T {
	if value == 0 || value != value { // which is not a number
		return standard
	}
	return value
}

func (c EjectConfig) filled() EjectConfig {
	c.Consecutive = or(c.Consecutive, 5)
	c.SuccessRate.Deviations = or(c.SuccessRate.Deviations, 1.9)
	c.SuccessRate.Hosts = or(c.SuccessRate.Hosts, 5)
	c.SuccessRate.Calls = or(c.SuccessRate.Calls, 100)
	c.FailureRate.Percent = or(c.FailureRate.Percent, 85)
	c.FailureRate.Hosts = or(c.FailureRate.Hosts, 5)
	c.FailureRate.Calls = or(c.FailureRate.Calls, 50)
	c.Interval = max(1, or(c.Interval, 10*time.Second))
	c.Base = min(max(1, or(c.Base, 30*time.Second)), forever)
	c.Max = min(max(c.Base, or(c.Max, 5*time.Minute)), forever)
	c.MaxPercent = or(c.MaxPercent, 50)
	return c
}

// Eject returns the balancer that keeps calls away from instances that fail,
// for a time, and otherwise does what inner does.
//
//	          fails                  time is over
//	in ───────────────────► out ◄────────────────► on trial
//	▲                            the call is faulty     │
//	└───────────────────────────────────────────────────┘
//	                 the call is answered
//
// An instance whose time is over gets a single call first, one that inner
// wants to send there; only if it is answered the instance is in again. So an
// instance that still hangs costs one call for each time that it is out.
//
// Inner is asked again if it picks an instance that is out. If all that it may
// pick are out, it is taken at its word: calls fail rather where somebody
// might be.
//
// Nothing runs in the background, and the clock is only read when a call has
// failed, or was about to go to an instance that is out. What is known of an
// instance outlasts snapshots without it while it matters.
func Eject(inner Balancer, c EjectConfig) Balancer {
	return eject{inner, c.filled()}
}

type eject struct {
	inner  Balancer
	config EjectConfig
}

// Balance implements [Balancer].
func (b eject) Balance(instances []discovery.Instance) Picker {
	e := &ejector{balancer: b.inner, config: b.config, clock: clock{time.Now()}}
	return e.picker(nil, instances)
}

// Discreet implements [motore.Discreet].
func (b eject) Discreet() bool { return motore.IsDiscreet(b.inner) }
