// Package retry makes calls again that have failed, where that does no harm
// and does not make an overload worse.
//
// An attempt is judged by its outcome, see [rpc.Outcome]. One that the
// instance has not acted on is made again whatever the method; one whose end
// is unknown, or that the instance has failed at, only if the call is
// idempotent. No setting makes a call again that is not idempotent and whose
// end is unknown.
//
//	attempt ──► ok ─────────────────────────────────────────► answer
//	   ▲  └──► error ─► worth it? ─► attempt left? ─► budget? ─► time? ─┐
//	   │                 no: as it is        no: *Error with the cause  │
//	   └───────────── pause: random, up to base × multiplier^n ◄────────┘
//
// What keeps retries from adding to an overload: a [Budget] lets them be only
// a part of all calls; pauses are random over their whole length (full
// jitter), so that callers do not come back at once; a peer that says when to
// come back is obeyed, see [Pushback]; and only one service along a chain
// retries: an attempt after the first is marked, and calls that are made while
// it is handled are not made again, see [Config.Nested].
//
// The layer belongs to the outer ones of a client, so that each attempt may go
// to another instance. A call that succeeds at once allocates nothing here.
package retry

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/rpc"
)

// Config says what is made again and how often. The zero value has good
// defaults.
type Config struct {
	// Attempts is how often a call is made at most, the first time included;
	// zero stands for [DefaultAttempts]. 1 retries nothing.
	Attempts int

	// Retryable reports whether an attempt that ended with err is worth
	// another one; nil stands for [Safe]. It is not asked about attempts that
	// must not be repeated: those that the caller gave up, and those whose end
	// is unknown of a call that is not idempotent.
	Retryable func(info *rpc.Info, err error) bool

	// Backoff is how long to wait between attempts.
	Backoff Backoff

	// MaxPushback is how long a peer may have the next attempt wait; one that
	// wants longer is not asked again. Zero stands for 30 s.
	MaxPushback time.Duration

	// Budget bounds the retries of all calls together. Nil gives the layer one
	// of its own with [DefaultRatio] and [DefaultReserve]; layers, of hedges
	// too, may share one.
	Budget *Budget

	// Mark returns the context of an attempt after the first, marked in a way
	// that travels to the peer; Nested reports whether the call that ctx
	// belongs to has come with the mark, or is made while such a call is
	// handled. Nil stands for no mark: then each service of a chain retries,
	// and n of them make a^n calls out of one. The frameworks' layers set
	// both.
	Mark   func(ctx context.Context, attempt int) context.Context
	Nested func(ctx context.Context) bool
}

// DefaultAttempts is how often a call is made at most, unless configured.
const DefaultAttempts = 3

// A Backoff is how long to wait before attempt n+1: anything between nothing
// and Base × Multiplier^(n-1), at most Max. Members that are not positive
// stand for 50 ms, 2 and 2 s.
type Backoff struct {
	Base       time.Duration
	Multiplier float64
	Max        time.Duration
}

func (b Backoff) filled() Backoff {
	if b.Base <= 0 {
		b.Base = 50 * time.Millisecond
	}
	if !(b.Multiplier > 0) { // or is not a number
		b.Multiplier = 2
	}
	if b.Max <= 0 {
		b.Max = 2 * time.Second
	}
	return b
}

// before returns how long to wait after attempt n.
func (b Backoff) before(n int) time.Duration {
	most := min(float64(b.Base)*math.Pow(b.Multiplier, float64(n-1)), float64(b.Max))
	return time.Duration(rand.Float64() * most)
}

// Safe reports whether running a call again does no harm: the instance has not
// acted on it, or the call is idempotent and the instance was at fault or lost
// sight of. info may be nil.
func Safe(info *rpc.Info, err error) bool {
	switch rpc.OutcomeOf(err) {
	case rpc.Unsent:
		return true
	case rpc.Lost, rpc.Failed:
		return idempotent(info)
	}
	return false
}

func idempotent(info *rpc.Info) bool { return info != nil && info.Idempotent }

// A Pushback is an error by which a peer says when to try again.
type Pushback interface {
	error
	// RetryAfter returns how long to wait before the next attempt; less than
	// nothing means that there must be none. ok is false if the peer did not
	// say.
	RetryAfter() (d time.Duration, ok bool)
}

// New returns a layer that makes calls again as c says.
//
// again, if not nil, takes back what an attempt that has failed has left in a
// request, which may be made again. The facts of the call are prepared by the
// layer: Attempt counts, and Callee.Address and Deadline are what they were, so
// that a layer below may bound each attempt.
//
// A call that was worth another attempt and could not have it fails with an
// [*Error] around the last one; if its caller gave up meanwhile, around
// context.Canceled. Any other error is returned as it is.
func New[Req, Resp any](c Config, again func(req Req)) motore.Layer[Req, Resp] {
	if c.Attempts == 0 {
		c.Attempts = DefaultAttempts
	}
	if c.Attempts <= 1 {
		return motore.Identity[Req, Resp]
	}
	if c.Retryable == nil {
		c.Retryable = Safe
	}
	if c.Budget == nil {
		c.Budget = NewBudget(DefaultRatio, DefaultReserve)
	}
	if c.MaxPushback <= 0 {
		c.MaxPushback = 30 * time.Second
	}
	c.Backoff = c.Backoff.filled()
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			c.Budget.Earn()
			var picked rpc.Address
			var end time.Time
			info := rpc.FromContext(ctx)
			if info != nil {
				picked, end = info.Callee.Address, info.Deadline
			}
			resp, err := next.Call(ctx, req)
			if err == nil || !c.worth(info, err) || c.Nested != nil && c.Nested(ctx) {
				return resp, err
			}
			return repeat(ctx, &c, info, end, err, func(ctx context.Context) (Resp, error) {
				if info != nil {
					info.Attempt++
					info.Callee.Address = picked
				}
				return next.Call(ctx, req)
			}, func() {
				if again != nil {
					again(req)
				}
			})
		})
	}
}

// repeat makes further attempts at a call whose first one ended with err.
func repeat[Resp any](ctx context.Context, c *Config, info *rpc.Info, end time.Time, err error, attempt func(context.Context) (Resp, error), again func()) (resp Resp, _ error) {
	marked := ctx
	for n := 1; ; n++ {
		if info != nil {
			info.Deadline = end // a layer below may have lowered it for the attempt
		}
		again()
		if stop := c.pause(ctx, end, n, err); stop != 0 {
			if ctx.Err() == context.Canceled {
				stop, err = GivenUp, fmt.Errorf("%w, after %v", context.Canceled, err)
			}
			return resp, &Error{n, stop, err}
		}
		if c.Mark != nil {
			marked = c.Mark(ctx, n)
		}
		if resp, err = attempt(marked); err == nil || !c.worth(info, err) {
			return resp, err
		}
	}
}

// worth reports whether the call that ended with err should be made again.
func (c *Config) worth(info *rpc.Info, err error) bool {
	switch rpc.OutcomeOf(err) {
	case rpc.Canceled:
		return false
	case rpc.Lost:
		if !idempotent(info) {
			return false
		}
	}
	return c.Retryable(info, err)
}

// pause waits before the attempt that follows the nth, which ended with err.
// It returns what is in the way of another one, zero for nothing.
func (c *Config) pause(ctx context.Context, end time.Time, n int, err error) Stop {
	if n == c.Attempts {
		return OutOfAttempts
	}
	d := c.Backoff.before(n)
	if p, ok := errors.AsType[Pushback](err); ok {
		if after, said := p.RetryAfter(); said && (after < 0 || after > c.MaxPushback) {
			return Forbidden
		} else if said {
			d = after
		}
	}
	if outlasts(ctx, end, d) {
		return OutOfTime
	}
	if !c.Budget.Spend() {
		return OutOfBudget
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return 0
	case <-ctx.Done():
		return OutOfTime
	}
}

// outlasts reports whether the call's time, which is over at end if that is not
// zero, is over within d.
func outlasts(ctx context.Context, end time.Time, d time.Duration) bool {
	if t, ok := ctx.Deadline(); ok && (end.IsZero() || t.Before(end)) {
		end = t
	}
	return ctx.Err() != nil || !end.IsZero() && time.Until(end) <= d
}
