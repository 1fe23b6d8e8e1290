package vologrpc

import (
	"cmp"
	"context"
	"errors"
	"sync"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// buildStack lists every layer that a client's call passes, outermost first.
func (c *clientCore) buildStack() Handler {
	methods := c.o.service.configs()
	return motore.Chain(
		motore.Chain(c.o.outer...),    // the user's, once per call: no instance is chosen yet
		methods.configure(),           // what the service config has for the method
		deadline(c.o.timeout),         // bounds everything below, attempts and failover included
		c.o.service.policies(methods), // several attempts, if the service config says so
		c.balance(),                   // picks an instance; the next one if nothing was done
		motore.Chain(c.o.inner...),    // the user's, once per attempt: the address is known
	)(HandlerFunc(c.send))
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
	return motore.Chain(pickErrors, c.waitForInstances, stage.Layer)
}

// waitForInstances lets calls that wait for connections wait for an instance,
// too.
func (c *clientCore) waitForInstances(next Handler) Handler {
	return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
		if !c.waits(req) {
			return next.Call(ctx, req)
		}
		for {
			moved := c.moved.next()
			resp, err := next.Call(ctx, req)
			if !errors.Is(err, loadbalance.ErrNoInstance) || !req.Info.Callee.Address.IsZero() {
				return resp, err
			}
			select {
			case <-moved:
			case <-ctx.Done():
				return nil, reason(ctx)
			}
		}
	})
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

// pickErrors says of a call that got no address that picking failed, and that
// nothing but that is wrong.
func pickErrors(next Handler) Handler {
	return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
		resp, err := next.Call(ctx, req)
		if err != nil && req.Info.Callee.Address.IsZero() {
			err = req.fail(PhasePick, true, pickStatus(ctx, err))
		}
		return resp, err
	})
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

// send takes a request to the instance that was picked for it: the innermost
// service of the stack. What the peer has not processed, because the
// connection was about to end, is sent again on another one (gRPC,
// "Transparent retries").
func (c *clientCore) send(ctx context.Context, req *Request) (*Response, error) {
	if ctx.Err() != nil {
		return nil, req.fail(PhaseDial, true, reason(ctx))
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

// unprocessed reports whether a connection took nothing of a call.
func unprocessed(err error) bool {
	e, ok := err.(*Error)
	return ok && e.Unsent && e.Code == Unavailable && (e.Phase == PhaseWrite || e.Phase == PhaseRead)
}
