package vologrpc

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/collapse"
	"github.com/volo-go/volo/motore/fallback"
	motorehedge "github.com/volo-go/volo/motore/hedge"
	"github.com/volo-go/volo/motore/limit"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/retry"
)

// Recover returns a layer that turns a panic below it into an error. handle
// gets the value, the stack and, through ctx, the call's facts; nil makes a
// [recovery.PanicError] of them.
func Recover(handle func(ctx context.Context, p recovery.Panic) error) Layer {
	return recovery.New[*Request, *Response](handle)
}

// Timeout returns a layer that lowers the deadline of each call to d from when
// it passes the layer; streaming calls too, whose context ends with their
// stream and not with the layer. It sets a time and no timer: whoever waits
// below watches it. A client's own bound is [WithTimeout].
func Timeout(d time.Duration) Layer {
	if d <= 0 {
		return nil
	}
	return func(next Handler) Handler { return &lowered{next, d} }
}

type lowered struct {
	next Handler
	d    time.Duration
}

// Discreet implements [motore.Discreet].
func (l *lowered) Discreet() bool { return motore.IsDiscreet(l.next) }

func (l *lowered) Call(ctx context.Context, req *Request) (*Response, error) {
	req.bound(time.Now().Add(l.d))
	return l.next.Call(ctx, req)
}

// bound lowers the deadline of a call to t.
func (r *Request) bound(t time.Time) {
	if r.Info.Deadline.IsZero() || t.Before(r.Info.Deadline) {
		r.Info.Deadline = t
	}
}

// deadline fixes the instant at which a client's call ends: the earliest of
// the context's deadline, the call's timeout and the client's.
func deadline(d time.Duration) Layer {
	return func(next Handler) Handler { return &bounded{next, d} }
}

type bounded struct {
	next  Handler
	bound time.Duration
}

// Discreet implements [motore.Discreet].
func (b *bounded) Discreet() bool { return motore.IsDiscreet(b.next) }

func (b *bounded) Call(ctx context.Context, req *Request) (*Response, error) {
	bound := b.bound
	if o := req.options; o != nil {
		set(&bound, o.timeout)
		if m := o.config; m != nil && m.Timeout > 0 && (bound <= 0 || m.Timeout < bound) {
			bound = m.Timeout
		}
	}
	if t, ok := ctx.Deadline(); ok {
		req.bound(t)
	}
	if bound > 0 {
		req.bound(req.Info.Stats.Start.Add(bound))
	}
	return b.next.Call(ctx, req)
}

// RetryOutcome returns a layer that makes unary calls again by what their end
// says about the instance; see package retry. [Retry] does so by codes, as a
// service config has it. It belongs to [WithOuter]. Further attempts are marked
// for the services further on, unless c says otherwise.
func RetryOutcome(c retry.Config) Layer {
	if c.Mark == nil && c.Nested == nil {
		c.Mark, c.Nested = markRepeated, isRepeated
	}
	return unary(retry.New[*Request, *Response](c, func(req *Request) {
		attempt := req.Info.Attempt
		req.again(req.Info.Callee.Address)
		req.Info.Attempt = attempt // the layer counts
		req.refresh()
	}))
}

// HedgeIdempotent returns a layer that makes idempotent unary calls a second
// time while the first one takes long; see package hedge. [Hedge] does so for
// any call, by codes, as a service config has it. It belongs to [WithOuter].
func HedgeIdempotent(c motorehedge.Config) Layer {
	if c.Mark == nil && c.Nested == nil {
		c.Mark, c.Nested = markRepeated, isRepeated
	}
	return unary(motorehedge.New[*Request, *Response](c, func(ctx context.Context, req *Request) (context.Context, *Request) {
		clone, within := req.Clone(ctx)
		return within, clone
	}, (*Request).Adopt))
}

// Breaker returns a layer that keeps calls away from instances that fail; see
// package breaker. It belongs to [WithInner]. Of a stream it counts how opening
// it went.
func Breaker(c breaker.Config) Layer {
	return breaker.New[*Request, *Response](c, func(req *Request, e *breaker.Error) error {
		return req.fail(PhasePick, true, &Error{Code: Unavailable, Message: e.Error(), Err: e})
	})
}

// LimitRate returns a layer that lets so many calls a second pass; see package
// limit. What it refuses fails with RESOURCE_EXHAUSTED; on a server, callers
// get to know that nothing was done and when to come back.
func LimitRate(c limit.RateConfig) Layer {
	return limit.NewRate[*Request, *Response](c, refuse)
}

// LimitConcurrency returns a layer that lets so many calls run at once; see
// package limit. On a server a stream runs until its handler returns. What it
// refuses fails with UNAVAILABLE; on a server, callers get to know that nothing
// was done.
func LimitConcurrency(c limit.ConcurrencyConfig) Layer {
	return limit.NewConcurrency[*Request, *Response](c, refuse)
}

// LimitDeadline returns a layer that refuses unary calls that cannot be answered
// in time; see package limit. What it refuses fails with UNAVAILABLE; on a
// server, callers get to know that nothing was done.
func LimitDeadline(c limit.DeadlineConfig) Layer {
	return unary(limit.NewDeadline[*Request, *Response](c, refuse))
}

// Fallback returns a layer that answers calls that have failed; see package
// fallback. It belongs to [WithOuter], before all others.
func Fallback(c fallback.Config[*Request, *Response]) Layer { return fallback.New(c) }

// Collapse returns a layer that makes one call out of unary ones that have the
// same key and come at the same time; see package collapse. "" is no key. It
// belongs to [WithOuter].
func Collapse(key func(ctx context.Context, req *Request) string) Layer {
	c := collapse.Config[*Request]{Key: key}
	return unary(collapse.New[*Request, *Response](c, func(ctx context.Context, req *Request) (context.Context, *Request) {
		clone, within := req.Clone(ctx)
		clone.Message = proto.Clone(req.Message) // the caller may be gone before the call is over
		return within, clone
	}))
}

// unary returns a layer that streams pass by.
func unary(l Layer) Layer {
	return func(next Handler) Handler {
		wrapped := l(next)
		return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
			if req.Method.Kind != Unary {
				return next.Call(ctx, req)
			}
			return wrapped.Call(ctx, req)
		})
	}
}
