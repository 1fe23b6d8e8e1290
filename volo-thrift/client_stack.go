package volothrift

import (
	"context"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// buildStack lists every layer that a client's call passes, outermost first.
func (c *clientCore) buildStack() Handler {
	return motore.Chain(
		motore.Chain(c.o.outer...), // the user's, once per call: no instance is chosen yet
		deadline(c.o.timeout),      // bounds everything below, failover included
		c.balance(),                // picks an instance; the next one if nothing was sent
		motore.Chain(c.o.inner...), // the user's, once per attempt: the address is known
	)(HandlerFunc(c.send))
}

// balance picks instances through discovery. A client with a fixed address
// needs none.
func (c *clientCore) balance() Layer {
	if c.o.discoverer == nil {
		return nil
	}
	if c.o.balancer == nil {
		c.o.balancer = loadbalance.NewRandom()
	}
	b := loadbalance.New(loadbalance.Config[*Request, *Response]{
		Discoverer:  c.o.discoverer,
		Balancer:    c.o.balancer,
		Service:     func(req *Request) string { return req.Info.Callee.Service },
		Use:         func(req *Request, in discovery.Instance) { req.Info.Callee.Address = in.Address },
		MaxAttempts: 1 + c.o.failover,
	})
	c.closers = append(c.closers, b.Close)
	balanced := b.Layer()
	return func(next Handler) Handler {
		picking := balanced(next)
		return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
			if o := req.options; o != nil && !o.address.IsZero() {
				return next.Call(ctx, req) // the caller has picked
			}
			resp, err := picking.Call(ctx, req)
			if err != nil && req.Info.Callee.Address == (rpc.Address{}) {
				err = req.fail(PhasePick, true, err)
			}
			return resp, err
		})
	}
}

// send takes a request to the instance that was picked for it: the innermost
// service of the stack.
func (c *clientCore) send(ctx context.Context, req *Request) (*Response, error) {
	peer, err := c.peers.get(req.Info.Callee.Address)
	if err != nil {
		return nil, req.fail(PhaseDial, true, err)
	}
	return peer.roundTrip(ctx, req)
}
