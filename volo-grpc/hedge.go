package vologrpc

import (
	"context"
	"errors"
	"slices"
	"time"
)

// A HedgePolicy says when a unary call is made again although it has not
// failed yet: the first answer counts (gRFC A6, "Hedging Policy").
//
// A policy is for methods of which it is known that running them several times
// does no harm. Unlike in A6, header metadata of one attempt do not end the
// others: nobody has seen them.
type HedgePolicy struct {
	// Attempts is how often a call is made at most, the first time included.
	// At most 5; less than 2 hedges nothing.
	Attempts int
	// Delay is how long after one attempt the next begins, unless there is an
	// answer. Zero makes all of them at once.
	Delay time.Duration
	// NonFatal are the codes of failures after which the next attempt begins at
	// once. Any other failure is the outcome of the call. The peer may name
	// another time, or forbid further attempts, by the trailer
	// grpc-retry-pushback-ms.
	NonFatal []Code
	// Idempotent limits the policy to calls that are declared idempotent, by
	// their method or by [CallIdempotent].
	Idempotent bool
	// Throttle, if not nil, stops hedging while too many calls fail. Policies
	// may share one, those of [Retry] too.
	Throttle *Throttle
}

// Hedge returns a layer that makes unary calls several times as p says; other
// calls pass through. It belongs to the outer layers of a client, so that each
// attempt may go to another instance. The layers below it see each attempt,
// several at once.
//
// When there is an outcome the attempts that are left are cancelled, and it
// waits until they have returned.
func Hedge(p HedgePolicy) Layer {
	p.Attempts = min(p.Attempts, maxAttempts)
	if p.Attempts < 2 {
		return nil
	}
	return func(next Handler) Handler {
		return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
			if req.Method.Kind != Unary || p.Idempotent && !req.Info.Idempotent {
				return next.Call(ctx, req)
			}
			ctx, cancel := context.WithCancelCause(ctx)
			h := &hedging{policy: &p, next: next, req: req, ctx: ctx, results: make(chan *hedge)}
			won := h.run()
			cancel(errOutrun)
			h.reap()
			if won.panicked != nil {
				panic(won.panicked) // where the layers above can recover
			}
			req.Adopt(won.req)
			return won.resp, won.err
		})
	}
}

// errOutrun is why an attempt was cancelled that was not needed any more.
var errOutrun = errors.New("vologrpc: another attempt has decided the call")

// hedging is one call with several attempts. It belongs to the goroutine that
// makes the call; each attempt has a goroutine of its own.
type hedging struct {
	policy *HedgePolicy
	next   Handler
	req    *Request
	ctx    context.Context

	begun   int         // attempts
	open    int         // of these, those that have not returned
	results chan *hedge // unbuffered: whoever has begun them receives all
}

// A hedge is one attempt.
type hedge struct {
	req      *Request
	resp     *Response
	err      error
	panicked any
}

// run returns the attempt that has decided the call.
func (h *hedging) run() *hedge {
	h.begin()
	timer := time.NewTimer(h.policy.Delay)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			if h.begun < h.policy.Attempts && h.policy.Throttle.allows() {
				h.begin()
				timer.Reset(h.policy.Delay)
			}
		case got := <-h.results:
			h.open--
			pushback, more := judge(got.err, h.policy.NonFatal, h.policy.Throttle)
			switch {
			case got.panicked != nil, got.err == nil, !h.policy.survives(got.err), h.ctx.Err() != nil:
				return got
			case !more || h.begun == h.policy.Attempts:
				if h.begun = h.policy.Attempts; h.open == 0 {
					return got
				}
			default:
				timer.Reset(max(pushback, 0))
			}
			got.req.discard()
		}
	}
}

// survives reports whether a call goes on after an attempt that has failed.
func (p *HedgePolicy) survives(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.Contains(p.NonFatal, e.Code)
}

func (h *hedging) begin() {
	req, ctx := h.req.Clone(h.ctx)
	req.Info.Attempt += h.begun
	if n := h.req.before.count() + h.begun; n > 0 {
		req.before = &before{attempts: n}
	}
	h.begun++
	h.open++
	go func() {
		a := &hedge{req: req}
		defer func() {
			a.panicked = recover()
			h.results <- a
		}()
		a.resp, a.err = h.next.Call(ctx, req)
	}()
}

// reap waits for the attempts that nobody needs any more.
func (h *hedging) reap() {
	for ; h.open > 0; h.open-- {
		(<-h.results).req.discard()
	}
}
