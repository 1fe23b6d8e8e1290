package volothrift

import (
	"context"
	"errors"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/collapse"
	"github.com/volo-go/volo/motore/fallback"
	"github.com/volo-go/volo/motore/hedge"
	"github.com/volo-go/volo/motore/limit"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/timeout"
)

// Timeout returns a layer that gives each call at most d, from when it passes
// the layer. On a client it lowers the deadline, which whoever waits below
// watches, so that below [Retry] it bounds each attempt; on a server it gives
// the handler a context that ends, see package timeout. A client's own bound is
// [WithTimeout].
func Timeout(d time.Duration) Layer {
	if d <= 0 {
		return nil
	}
	return func(next Handler) Handler {
		return &lowered{next, timeout.New[*Request, *Response](d)(next), d}
	}
}

type lowered struct {
	next   Handler
	served Handler // on servers
	d      time.Duration
}

// Discreet implements [motore.Discreet].
func (l *lowered) Discreet() bool { return motore.IsDiscreet(l.next) }

func (l *lowered) Call(ctx context.Context, req *Request) (*Response, error) {
	if req.Info.Role == rpc.Server {
		return l.served.Call(ctx, req)
	}
	if end := time.Now().Add(l.d); req.Info.Deadline.IsZero() || end.Before(req.Info.Deadline) {
		req.Info.Deadline = end
	}
	return l.next.Call(ctx, req)
}

// Recover returns a layer that turns a panic below it into an error. handle
// gets the value, the stack and, through ctx, the call's facts; nil makes a
// [recovery.PanicError] of them.
func Recover(handle func(ctx context.Context, p recovery.Panic) error) Layer {
	return recovery.New[*Request, *Response](handle)
}

// Retry returns a layer that makes calls again; see package retry. It belongs to
// [WithOuter]. Further attempts are marked for the services further on, as
// Kitex marks them, unless c says otherwise.
func Retry(c retry.Config) Layer {
	if c.Mark == nil && c.Nested == nil {
		c.Mark, c.Nested = markRepeated, isRepeated
	}
	return retry.New[*Request, *Response](c, (*Request).again)
}

// Hedge returns a layer that makes idempotent calls a second time while the
// first one takes long; see package hedge. It belongs to [WithOuter].
func Hedge(c hedge.Config) Layer {
	if c.Mark == nil && c.Nested == nil {
		c.Mark, c.Nested = markRepeated, isRepeated
	}
	return hedge.New[*Request, *Response](c, func(ctx context.Context, req *Request) (context.Context, *Request) {
		clone, within := req.Clone(ctx)
		return within, clone
	}, (*Request).Adopt)
}

// Breaker returns a layer that keeps calls away from instances that fail; see
// package breaker. It belongs to [WithInner].
func Breaker(c breaker.Config) Layer {
	return breaker.New[*Request, *Response](c, func(req *Request, e *breaker.Error) error {
		return req.fail(PhasePick, true, e)
	})
}

// LimitRate returns a layer that lets so many calls a second pass; see package
// limit. On a server, callers get to know that nothing was done.
func LimitRate(c limit.RateConfig) Layer {
	return limit.NewRate[*Request, *Response](c, refuse)
}

// LimitConcurrency returns a layer that lets so many calls run at once; see
// package limit. On a server, callers get to know that nothing was done.
func LimitConcurrency(c limit.ConcurrencyConfig) Layer {
	return limit.NewConcurrency[*Request, *Response](c, refuse)
}

// LimitDeadline returns a layer that refuses calls that cannot be answered in
// time; see package limit. On a server, callers get to know that nothing was
// done.
func LimitDeadline(c limit.DeadlineConfig) Layer {
	return limit.NewDeadline[*Request, *Response](c, refuse)
}

// Fallback returns a layer that answers calls that have failed; see package
// fallback. It belongs to [WithOuter], before all others.
func Fallback(c fallback.Config[*Request, *Response]) Layer { return fallback.New(c) }

// Collapse returns a layer that makes one call out of those that have the same
// key and come at the same time; see package collapse. "" is no key. It belongs
// to [WithOuter]. Nobody may change what such a call returns.
func Collapse(key func(ctx context.Context, req *Request) string) Layer {
	c := collapse.Config[*Request]{Key: key}
	return collapse.New[*Request, *Response](c, func(ctx context.Context, req *Request) (context.Context, *Request) {
		clone, within := req.detach(ctx)
		return within, clone
	})
}

// adopt stores the answer in result, unless it is there already: a layer may
// have made one of its own. A oneway call has none.
func adopt(result Result, resp *Response) error {
	switch {
	case result == nil || resp != nil && resp.Result == result:
		return nil
	case resp == nil || resp.Result == nil:
		return errNoAnswer
	}
	return result.SetSuccess(resp.Result.Success())
}

var errNoAnswer = errors.New("volothrift: a layer returned neither a result nor an error")

// deadline returns a layer that fixes the instant at which a client's call
// ends: the earliest of the context's deadline, the call's timeout and d. It
// sets a time and no timer; whoever waits below watches it.
func deadline(d time.Duration) Layer {
	return func(next Handler) Handler { return &bounded{next, d} }
}

// A bounded is a method rather than a closure, like what else every call
// passes: one frame less on each stack that waits for an answer, which the
// garbage collector walks again and again.
type bounded struct {
	next  Handler
	bound time.Duration
}

// Discreet implements [motore.Discreet].
func (b *bounded) Discreet() bool { return motore.IsDiscreet(b.next) }

func (b *bounded) Call(ctx context.Context, req *Request) (*Response, error) {
	bind(ctx, req, b.bound)
	return b.next.Call(ctx, req)
}

// bind fixes the deadline of req.
func bind(ctx context.Context, req *Request, bound time.Duration) {
	if o := req.options; o != nil && o.timeout > 0 {
		bound = o.timeout
	}
	if t, ok := ctx.Deadline(); ok {
		req.Info.Deadline = t
	}
	if bound > 0 {
		t := req.Info.Stats.Start.Add(bound)
		if req.Info.Deadline.IsZero() || t.Before(req.Info.Deadline) {
			req.Info.Deadline = t
		}
	}
}
