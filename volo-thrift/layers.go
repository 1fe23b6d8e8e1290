package volothrift

import (
	"context"
	"errors"
	"time"

	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/timeout"
)

// Timeout returns a layer that gives each call at most d; see package
// timeout. A client's own bound is [WithTimeout].
func Timeout(d time.Duration) Layer { return timeout.New[*Request, *Response](d) }

// Recover returns a layer that turns a panic below it into an error. handle
// gets the value, the stack and, through ctx, the call's facts; nil makes a
// [recovery.PanicError] of them.
func Recover(handle func(ctx context.Context, p recovery.Panic) error) Layer {
	return recovery.New[*Request, *Response](handle)
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

func (b *bounded) Call(ctx context.Context, req *Request) (*Response, error) {
	bound := b.bound
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
	return b.next.Call(ctx, req)
}
