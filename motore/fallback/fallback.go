// Package fallback answers calls that have failed with something else: a
// default, what a cache still has, what another service says.
//
// It looks at how a call ended, see [rpc.Outcome], and by default steps in
// where the instance is at fault or out of sight. It never hides that a call
// was rejected or that its caller gave up unless told to by name, nor an error
// that is an answer, such as a declared exception: those say that the caller
// is wrong, or what the caller has asked.
//
// The layer belongs to the outermost ones of a client, above retries, and costs
// a call that succeeds nothing.
package fallback

import (
	"context"
	"slices"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/rpc"
)

// Config says what to answer instead, and when.
type Config[Req, Resp any] struct {
	// Respond answers a call that has failed with err, or fails with another
	// error; whichever it returns is how the call ends. ctx may be done by
	// then. Nil makes the layer do nothing. See [Value].
	Respond func(ctx context.Context, req Req, err error) (Resp, error)

	// On are the outcomes that are answered; nil stands for Unsent, Lost and
	// Failed.
	On []rpc.Outcome

	// If, if not nil, must agree as well.
	If func(err error) bool
}

// Value returns a Respond that always answers v, which all callers share.
func Value[Req, Resp any](v Resp) func(context.Context, Req, error) (Resp, error) {
	return func(context.Context, Req, error) (Resp, error) { return v, nil }
}

// New returns a layer that answers failed calls as c says.
func New[Req, Resp any](c Config[Req, Resp]) motore.Layer[Req, Resp] {
	if c.Respond == nil {
		return motore.Identity[Req, Resp]
	}
	if c.On == nil {
		c.On = []rpc.Outcome{rpc.Unsent, rpc.Lost, rpc.Failed}
	}
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			resp, err := next.Call(ctx, req)
			if err == nil || !slices.Contains(c.On, rpc.OutcomeOf(err)) || c.If != nil && !c.If(err) {
				return resp, err
			}
			return c.Respond(ctx, req, err)
		})
	}
}
