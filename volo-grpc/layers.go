package vologrpc

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore/recovery"
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
	return func(next Handler) Handler {
		return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
			req.bound(time.Now().Add(d))
			return next.Call(ctx, req)
		})
	}
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
	return func(next Handler) Handler {
		return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
			bound := d
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
			return next.Call(ctx, req)
		})
	}
}
