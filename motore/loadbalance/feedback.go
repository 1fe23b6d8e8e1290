package loadbalance

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A Tracker is a [Picker] that hears how calls go. Of others nobody measures
// anything.
//
// For each attempt at an instance that it has picked, Begin is called before
// and End once after, with the same index, also if other instances have
// replaced the Picker in between. A pick that no attempt follows is neither
// begun nor ended.
//
// A call that is a stream ends with the stream; its elapsed is zero, because
// how long a stream lives says nothing about the instance.
//
// Both are called by many goroutines at a time, in nanoseconds, and allocate
// nothing. Whatever they learn, Pick finds an instance while one is untried.
type Tracker interface {
	Picker
	Begin(i int)
	End(i int, elapsed time.Duration, outcome rpc.Outcome)
}

// A timed Picker is a [Tracker] that would look at the clock, and need not if it
// is told the time.
type timed interface {
	pickAt(ctx context.Context, tried Tried, now time.Time) (int, error)
	endAt(i int, elapsed time.Duration, outcome rpc.Outcome, now time.Time)
}

// A told Picker is any Picker, with all that it may be told.
type told struct {
	Picker
	tracker Tracker // nil if it is none
	timed   timed   // likewise
	clocked bool    // it is a tracker that wants to know how long calls take
}

func tell(p Picker) told {
	t := told{Picker: p}
	t.tracker, _ = p.(Tracker)
	t.timed, _ = p.(timed)
	switch p.(type) {
	case *least, *bounded: // only count
	default:
		t.clocked = t.tracker != nil
	}
	return t
}

// pickAt is Pick; now is zero if nobody has looked at the clock.
func (t *told) pickAt(ctx context.Context, tried Tried, now time.Time) (int, error) {
	if t.timed != nil && !now.IsZero() {
		return t.timed.pickAt(ctx, tried, now)
	}
	return t.Pick(ctx, tried)
}

// begin is Begin, if anybody hears it.
func (t *told) begin(i int) {
	if t.tracker != nil {
		t.tracker.Begin(i)
	}
}

// endAt is End, if anybody hears it; now is as of pickAt.
func (t *told) endAt(i int, elapsed time.Duration, outcome rpc.Outcome, now time.Time) {
	switch {
	case t.timed != nil && !now.IsZero():
		t.timed.endAt(i, elapsed, outcome, now)
	case t.tracker != nil:
		t.tracker.End(i, elapsed, outcome)
	}
}

// A Renewer is a [Picker] that passes on what it knows to its successor.
//
// If instances change, Renew is called instead of Balance. It keeps the law of
// [Balancer], and forgets nothing about the instances that stay, which it
// tells by their address. The old Picker goes on for the calls that have it.
type Renewer interface {
	Picker
	Renew(instances []discovery.Instance) Picker
}

// renew returns the Picker that follows before, nil for none.
func renew(b Balancer, before Picker, instances []discovery.Instance) Picker {
	if r, ok := before.(Renewer); ok {
		return r.Renew(instances)
	}
	return b.Balance(instances)
}

// A State is what is known of an instance at some moment.
type State struct {
	discovery.Instance

	// Outstanding is how many calls have begun and not ended, as far as the
	// balancer counts them.
	Outstanding int64

	// Latency is what [P2C] reckons with; zero if nothing is known.
	Latency time.Duration

	// EjectedUntil is when the instance may be tried again, zero if it is not
	// ejected; Ejections is how often it was lately. See [Eject].
	EjectedUntil time.Time
	Ejections    int
}

// An Inspector is a [Picker] that can say what it knows.
//
// Inspect adds what it knows of the instance of index i to s; a Picker that is
// made of others has them do so too. It may be called at any time, and is slow
// beside a pick.
type Inspector interface {
	Picker
	Inspect(i int, s *State)
}

// inspect asks p if it can be asked.
func inspect(p Picker, i int, s *State) {
	if p, ok := p.(Inspector); ok {
		p.Inspect(i, s)
	}
}

// A clock counts from when it was started; it cannot be set.
type clock struct{ start time.Time }

func (c clock) now() time.Duration { return time.Since(c.start) }

func (c clock) at(t time.Time) time.Duration { return t.Sub(c.start) }
