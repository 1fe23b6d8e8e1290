// Package hedge makes a call a second time while the first one takes long, and
// takes whichever answer comes first.
//
// It shortens the tail of latency where that comes from instances and not from
// the calls, at the price of a few more calls. Only idempotent calls are
// hedged, see [rpc.Info]; all others pass. Attempts beyond the first are paid
// from a budget that retries may share, so that a service that is slow because
// it has too much to do does not get twice as much.
//
//	0          delay                       answer
//	├─ attempt 0 ──┼───────────────── canceled ─┤
//	               ├─ attempt 1 ──── answer ────┤  the call ends
//
// The first answer ends the call, and so does an error that another attempt
// would not change: one that is an answer, or a rejection. Other errors are
// waited out while there is another attempt under way, but no further one is
// begun because of them; that is what package retry is for. The attempts that
// are left are cancelled, and the call returns when they have: nothing of it
// runs on.
//
// Attempts run at once, so that each has a request of its own; the layer has to
// be told how to copy one. It belongs to the outer layers of a client, so that
// each attempt may go to another instance.
package hedge

import (
	"context"
	"errors"
	"math"
	"runtime"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/internal/latency"
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
)

// Config says when a call is made a second time. Delay or Percentile is
// required.
type Config struct {
	// Delay is how long each attempt has before the next one is begun. With a
	// Percentile it is the least.
	Delay time.Duration

	// Percentile, between 0 and 1, as 0.95, has attempts wait for as long as
	// that part of the calls to the method has taken lately. While too few are
	// known, Delay counts; without one nothing is hedged then.
	Percentile float64

	// Attempts is how many run at most, the first included; zero stands for 2.
	Attempts int

	// Budget pays for attempts beyond the first. Nil gives the layer one of
	// its own that allows a tenth of calls to be hedged.
	Budget *retry.Budget

	// Mark and Nested keep calls from being multiplied along a chain of
	// services, see [retry.Config].
	Mark   func(ctx context.Context, attempt int) context.Context
	Nested func(ctx context.Context) bool
}

const (
	window   = 10 * time.Second // over which latency is watched
	minCalls = 20               // that it takes to tell a percentile
	ratio    = 0.1              // of calls that are hedged, by default
)

// ErrLost is the cause of the context of an attempt that is not needed any
// more: another one has answered.
var ErrLost = errors.New("hedge: another attempt has answered")

// New returns a layer that hedges calls as c says. Without a Delay and a
// Percentile, or with a single attempt, it does nothing.
//
// split copies a request for an attempt, so that both may run at once, and
// returns a context, made of ctx, that belongs to the copy: its facts, see
// [rpc.FromContext], are the copy's. It is called for each attempt, and New
// panics if it is nil. The request itself stays as it is while attempts run.
//
// adopt tells the request which copy has decided the call, once all attempts are
// over. Nil takes over its facts.
func New[Req, Resp any](c Config, split func(ctx context.Context, req Req) (context.Context, Req), adopt func(req, winner Req)) motore.Layer[Req, Resp] {
	if c.Attempts == 0 {
		c.Attempts = 2
	}
	if math.IsNaN(c.Percentile) {
		c.Percentile = 0
	}
	if c.Delay <= 0 && c.Percentile <= 0 || c.Attempts < 2 {
		return motore.Identity[Req, Resp]
	}
	if split == nil {
		panic("hedge: attempts that run at once need requests of their own")
	}
	if c.Budget == nil {
		c.Budget = retry.NewBudget(ratio, 1)
	}
	watch := newWatch(c)
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			info := rpc.FromContext(ctx)
			if info == nil || !info.Idempotent || info.Oneway {
				return next.Call(ctx, req)
			}
			c.Budget.Earn()
			delay, took := watch.delay(info)
			if delay <= 0 || c.Nested != nil && c.Nested(ctx) {
				start := time.Now()
				resp, err := next.Call(ctx, req)
				note(took, start, err)
				return resp, err
			}
			r := &race[Req, Resp]{config: &c, next: next, split: split, took: took, results: make(chan result[Req, Resp], c.Attempts)}
			won := r.run(ctx, req, delay)
			switch {
			case won.panic != nil:
				panic(won.panic)
			case won.exits:
				runtime.Goexit()
			}
			if adopt == nil {
				*info = *won.info
			} else {
				adopt(req, won.req)
			}
			return won.resp, won.err
		})
	}
}

// A race is one call with its attempts.
type race[Req, Resp any] struct {
	config  *Config
	next    motore.Service[Req, Resp]
	split   func(ctx context.Context, req Req) (context.Context, Req)
	took    *latency.Quantile
	results chan result[Req, Resp] // has room for all
}

type result[Req, Resp any] struct {
	req   Req
	resp  Resp
	err   error
	panic any
	exits bool      // it has ended its goroutine
	info  *rpc.Info // of the attempt
}

// run makes attempts until one decides the call, and returns when all are over.
func (r *race[Req, Resp]) run(ctx context.Context, req Req, delay time.Duration) (last result[Req, Resp]) {
	within, cancel := context.WithCancelCause(ctx)
	r.begin(within, req, 0)
	running := 1
	timer := time.NewTimer(delay)
	defer timer.Stop()
	for attempts, decided := 1, false; !decided && running > 0; {
		select {
		case last = <-r.results:
			running--
			decided = last.decides()
		case <-timer.C:
			if attempts == r.config.Attempts || !r.config.Budget.Spend() {
				continue // the timer has fired for the last time
			}
			r.begin(within, req, attempts)
			attempts++
			running++
			timer.Reset(delay)
		}
	}
	cancel(ErrLost)
	for ; running > 0; running-- {
		<-r.results
	}
	return last
}

// begin begins the nth attempt. The request itself stays as it is, so that it
// can be copied and its context asked while attempts run.
func (r *race[Req, Resp]) begin(ctx context.Context, req Req, n int) {
	ctx, own := r.split(ctx, req)
	info := rpc.FromContext(ctx)
	info.Attempt += n
	if n > 0 && r.config.Mark != nil {
		ctx = r.config.Mark(ctx, n)
	}
	go r.attempt(ctx, own, info)
}

// attempt makes one.
func (r *race[Req, Resp]) attempt(ctx context.Context, req Req, info *rpc.Info) {
	res := result[Req, Resp]{req: req, info: info, exits: true}
	start := time.Now()
	defer func() {
		if res.panic = recover(); res.panic != nil {
			res.exits = false // it goes on where the caller's layers see it
		}
		r.results <- res
	}()
	res.resp, res.err = r.next.Call(ctx, req)
	res.exits = false
	note(r.took, start, res.err)
}

// decides reports whether no other attempt could end better.
func (r *result[Req, Resp]) decides() bool {
	return r.panic != nil || r.exits || !rpc.OutcomeOf(r.err).Faulty()
}
