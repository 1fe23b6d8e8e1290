package volothrift

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// buildStack lists every layer that a client's call passes, outermost first.
func (c *clientCore) buildStack() Handler {
	return motore.Chain(
		deadline(c.o.timeout),      // bounds everything below, failover and what layers wait for included
		motore.Chain(c.o.outer...), // the user's, once per call: no instance is chosen yet
		c.narrow(),                 // bounds what is below by the context that they have made
		c.balance(),                // picks an instance; the next one if nothing was sent
		motore.Chain(c.o.inner...), // the user's, once per attempt: the address is known
	)((*sender)(c))
}

// narrow returns the layer that minds the contexts of the user's layers.
func (c *clientCore) narrow() Layer {
	if len(c.o.outer) == 0 {
		return nil
	}
	return deadline(c.o.timeout)
}

// balance picks instances through discovery. A client with a fixed address
// needs none.
func (c *clientCore) balance() Layer {
	if c.o.discoverer == nil {
		return nil
	}
	stage := loadbalance.New(loadbalance.Config[*Request, *Response]{
		Discoverer:  c.o.discoverer,
		Balancer:    c.o.balancer,
		MaxAttempts: 1 + c.o.failover,
		Service: func(req *Request) string {
			if o := req.options; o != nil && !o.address.IsZero() {
				return "" // the caller has picked
			}
			return req.Info.Callee.Service
		},
		Use: func(req *Request, in discovery.Instance) {
			if !req.Info.Callee.Address.IsZero() {
				req.Info.Attempt++ // the one before has failed
			}
			req.Info.Callee.Address = in.Address
		},
		Began: func(req *Request) (t time.Time) {
			if len(c.o.outer) == 0 {
				t = req.Info.Stats.Start
			}
			return t
		},
		Last: func(req *Request) (last rpc.Address) {
			if req.last != nil {
				last = *req.last
			}
			return last
		},
		Changed: func(_ string, change discovery.Change) {
			for _, gone := range change.Removed {
				c.peers.drop(gone.Address)
			}
		},
	})
	c.stage = stage
	return motore.Chain(pickErrors, stage.Layer)
}

// pickErrors says of a call that got no address that picking failed. Of others
// it notes where they failed, for a layer that makes them again.
func pickErrors(next Handler) Handler { return &picking{next} }

type picking struct{ next Handler }

func (p *picking) Discreet() bool { return motore.IsDiscreet(p.next) }

func (p *picking) Call(ctx context.Context, req *Request) (*Response, error) {
	resp, err := p.next.Call(ctx, req)
	if err == nil {
		return resp, nil
	}
	last := req.Info.Callee.Address
	if last.IsZero() {
		return resp, req.fail(PhasePick, true, err)
	}
	req.last = &last
	return resp, err
}

// A sender is the innermost service of the stack: it takes a request to the
// instance that was picked for it.
type sender clientCore

// Discreet implements [motore.Discreet].
func (s *sender) Discreet() bool { return true }

func (s *sender) Call(ctx context.Context, req *Request) (*Response, error) {
	peer, err := s.peer(ctx, req)
	if err != nil {
		return nil, err
	}
	return peer.roundTrip(ctx, req)
}

func (s *sender) peer(ctx context.Context, req *Request) (peer, error) {
	alive := ctx
	if s.o.protocol.hasHeader() {
		alive = given(ctx) // who tells the peer how much time is left looks at the clock
	}
	if alive.Err() != nil {
		return nil, req.fail(PhaseDial, true, reason(alive))
	}
	peer, err := s.peers.get(req.Info.Callee.Address)
	if err != nil {
		return nil, req.fail(PhaseDial, true, err)
	}
	return peer, nil
}

// given returns the context that the caller has given to the call of ctx, unless
// somebody has made another one of that.
func given(ctx context.Context) context.Context {
	if call, ok := ctx.(*callContext); ok {
		return call.parent
	}
	return ctx
}

// launch is the stack of a client that has no layer and no balancer. It returns
// before the answer is there, if it can: each frame on the stack of a goroutine
// that waits is one that the garbage collector walks again and again.
func (c *clientCore) launch(ctx context.Context, req *Request) (*Response, flight, error) {
	bind(ctx, req, c.o.timeout)
	peer, err := (*sender)(c).peer(ctx, req)
	if err != nil {
		return nil, flight{}, err
	}
	if p, ok := peer.(*multiplexPeer); ok {
		return p.launch(ctx, req)
	}
	resp, err := peer.roundTrip(ctx, req)
	return resp, flight{}, err
}
