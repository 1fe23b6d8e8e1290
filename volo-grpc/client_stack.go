package vologrpc

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// buildStack lists every layer that a client's call passes, outermost first.
func (c *clientCore) buildStack() Handler {
	methods := c.o.service.configs()
	return motore.Chain(
		methods.configure(),           // what the service config has for the method
		deadline(c.o.timeout),         // bounds everything below, attempts, failover and what layers wait for included
		motore.Chain(c.o.outer...),    // the user's, once per call: no instance is chosen yet
		c.narrow(),                    // bounds what is below by the context that they have made
		c.o.service.policies(methods), // several attempts, if the service config says so
		c.balance(),                   // picks an instance; the next one if nothing was done
		motore.Chain(c.o.inner...),    // the user's, once per attempt: the address is known
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
	found := c.o.service.shuffle(c.o.discoverer)
	var health *healthFilter
	if service := cmp.Or(c.o.health, c.o.service.health()); service != nil {
		health = &healthFilter{core: c, next: found, service: *service}
		found = health
	}
	stage := loadbalance.New(loadbalance.Config[*Request, *Response]{
		Discoverer:  found,
		Balancer:    cmp.Or(c.o.balancer, c.o.service.balancer()),
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
			if len(c.o.outer) == 0 && c.o.service == nil && !c.waits(req) {
				t = req.Info.Stats.Start
			}
			return t
		},
		Last: func(req *Request) (last rpc.Address) {
			if req.before != nil {
				last = req.before.last
			}
			return last
		},
		Stream: func(resp *Response) func(func(error)) {
			if resp.Stream == nil {
				return nil
			}
			return func(ended func(error)) { resp.Stream.Observe(StreamEvents{Ended: ended}) }
		},
		Changed: func(_ string, change discovery.Change) {
			for _, gone := range change.Removed {
				if health == nil || !health.lists(gone.Address) {
					c.peers.drop(gone.Address)
				}
			}
			c.moved.tell()
		},
	})
	c.stage = stage
	return motore.Chain(c.pick, stage.Layer)
}

// pick lets calls that wait for connections wait for an instance, too. It says
// of a call that got no address that picking failed, and that nothing but that is
// wrong.
func (c *clientCore) pick(next Handler) Handler { return &picking{c, next} }

type picking struct {
	core *clientCore
	next Handler
}

// Discreet implements [motore.Discreet].
func (p *picking) Discreet() bool { return motore.IsDiscreet(p.next) }

func (p *picking) Call(ctx context.Context, req *Request) (resp *Response, err error) {
	if p.core.waits(req) {
		resp, err = p.wait(ctx, req)
	} else {
		resp, err = p.next.Call(ctx, req)
	}
	if err != nil && req.Info.Callee.Address.IsZero() {
		err = req.fail(PhasePick, true, pickStatus(ctx, err))
	}
	return resp, err
}

func (p *picking) wait(ctx context.Context, req *Request) (*Response, error) {
	for {
		moved := p.core.moved.next()
		resp, err := p.next.Call(ctx, req)
		if !errors.Is(err, loadbalance.ErrNoInstance) || !req.Info.Callee.Address.IsZero() {
			return resp, err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil, reason(ctx)
		}
	}
}

// waits reports whether a call waits for a connection while there is none.
func (c *clientCore) waits(req *Request) bool {
	o := req.options
	return c.o.waitForReady || o != nil && (o.waitForReady || o.config != nil && o.config.WaitForReady)
}

// A signal tells whoever waits that something has happened.
type signal struct {
	mu sync.Mutex
	c  chan struct{} // nil while nobody waits
}

// next returns a channel that is closed when it happens next.
func (s *signal) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil {
		s.c = make(chan struct{})
	}
	return s.c
}

func (s *signal) tell() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c != nil {
		close(s.c)
		s.c = nil
	}
}

func pickStatus(ctx context.Context, err error) error {
	var status *Error
	switch {
	case errors.As(err, &status):
		return err
	case ctx.Err() != nil:
		return reason(ctx)
	}
	return &Error{Code: Unavailable, Message: err.Error(), Err: err}
}

// maxSends is how often a call is sent at most while the peer's connection
// takes nothing of it.
const maxSends = 3

// A sender is the innermost service of the stack: it takes a request to the
// instance that was picked for it. What the peer has not processed, because the
// connection was about to end, is sent again on another one (gRPC,
// "Transparent retries").
type sender clientCore

// Discreet implements [motore.Discreet]: credentials see calls.
func (s *sender) Discreet() bool { return len(s.o.credentials) == 0 }

func (s *sender) Call(ctx context.Context, req *Request) (*Response, error) {
	c := (*clientCore)(s)
	// Whether time is left is looked at when the peer is told how much.
	if given := given(ctx); given.Err() != nil {
		return nil, req.fail(PhaseDial, true, reason(given))
	}
	peer, err := c.peers.get(req.Info.Callee.Address)
	if err != nil {
		return nil, req.fail(PhaseDial, true, err)
	}
	for sends := 1; ; sends++ {
		resp, err := c.sendTo(ctx, peer, req)
		if err == nil && resp.Stream != nil && c.o.replay > 0 {
			resp.Stream = newReplay(resp.Stream, nil, func(ctx context.Context, req *Request) (*Response, error) {
				return c.sendTo(ctx, peer, req)
			})
		}
		if err == nil || sends == maxSends || !unprocessed(err) {
			return resp, err
		}
	}
}

// given returns the context that the caller has given to the call of ctx, unless
// somebody has made another one of that.
func given(ctx context.Context) context.Context {
	if call, ok := ctx.(*callContext); ok {
		return call.parent
	}
	return ctx
}

// unprocessed reports whether a connection took nothing of a call.
func unprocessed(err error) bool {
	e, ok := err.(*Error)
	return ok && e.Unsent && e.Code == Unavailable && (e.Phase == PhaseWrite || e.Phase == PhaseRead)
}
