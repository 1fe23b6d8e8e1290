// Package breaker keeps calls away from instances, or methods, that fail.
//
// Calls are told apart by a key, as a rule instance and method. Each key has a
// circuit:
//
//	         too many of the last calls failed
//	closed ────────────────────────────────────► open ◄──────┐
//	  ▲     calls pass and are counted             │          │
//	  │                                            │ its time │ a probe
//	  │ enough probes have succeeded               ▼ is over  │ has failed
//	  └──────────────────────────────────────── half-open ───┘
//	                               a few calls pass, as probes
//
// A call is judged by its outcome, see [rpc.Outcome]: those that speak against
// the instance count as failures, what it answered as successes, and what
// says nothing about it, as a cancellation, not at all. A circuit opens if the
// share of failures in the window is too high, once there are enough calls to
// tell, or after so many failures in a row. It stays open the longer, the more
// often in a row its probes have failed, and never for exactly as long as that
// of another client.
//
// A call that finds its circuit open fails with an [*Error] whose outcome is
// [rpc.Unsent], so that failover goes on to the next instance. The layer
// therefore belongs to the inner ones of a client, where the instance is
// known. Passing a closed circuit takes no lock and allocates nothing.
package breaker

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/internal/keyed"
	"github.com/volo-go/volo/motore/rpc"
)

// Config says when circuits open and close. The zero value has good defaults.
type Config struct {
	// Key says whose calls are counted together; nil stands for
	// [ByInstanceAndMethod].
	Key func(info *rpc.Info) Key

	// Outcome judges how a call ended; nil stands for [rpc.OutcomeOf].
	Outcome func(err error) rpc.Outcome

	// Ratio of failures among the calls of the last Window, 10 s by default,
	// at which a circuit opens, if there were MinCalls; the defaults are 0.5
	// and 20. Above 1 it never opens for the ratio.
	Ratio    float64
	MinCalls int
	Window   time.Duration

	// Consecutive failures open a circuit too, however few calls there are;
	// zero stands for 10, less for never.
	Consecutive int

	// OpenTime is how long a circuit stays open at first, 2 s by default. It
	// doubles each time that a probe fails, up to MaxOpenTime, by default a
	// minute or OpenTime if that is longer, and varies by a fifth either way.
	OpenTime, MaxOpenTime time.Duration

	// Probes is how many calls a half-open circuit lets pass at once, 1 by
	// default, and Successes how many of them in a row close it, by default 2.
	Probes, Successes int

	// Changed, if not nil, is told of each change of state, by the call that
	// caused it; it returns quickly. Changes of different circuits may come at
	// once.
	Changed func(Change)

	// Circuits keeps the state. Nil gives the layer its own; layers that share
	// it share their circuits, and it can be looked at.
	Circuits *Circuits
}

// A Key tells circuits apart. Members that do not matter are zero.
type Key struct {
	Address         rpc.Address
	Service, Method string
}

// ByInstanceAndMethod is the key of a method on an instance: one slow method
// does not cost the others.
func ByInstanceAndMethod(info *rpc.Info) Key {
	return Key{info.Callee.Address, info.Service, info.Method}
}

// ByInstance is the key of an instance.
func ByInstance(info *rpc.Info) Key { return Key{Address: info.Callee.Address} }

// ByMethod is the key of a method, wherever it is called.
func ByMethod(info *rpc.Info) Key { return Key{Service: info.Service, Method: info.Method} }

// String returns "Service.Method at address", without what is zero.
func (k Key) String() string {
	s := k.Service
	if k.Method != "" {
		s += "." + k.Method
	}
	switch at := k.Address.String(); {
	case k.Address.IsZero():
		return s
	case s == "":
		return at
	default:
		return s + " at " + at
	}
}

func (c *Config) fill() {
	if c.Key == nil {
		c.Key = ByInstanceAndMethod
	}
	if c.Outcome == nil {
		c.Outcome = rpc.OutcomeOf
	}
	if !(c.Ratio > 0) { // or is not a number
		c.Ratio = 0.5
	}
	if c.Circuits == nil {
		c.Circuits = new(Circuits)
	}
	positive(&c.MinCalls, 20)
	positive(&c.Window, 10*time.Second)
	positive(&c.OpenTime, 2*time.Second)
	positive(&c.MaxOpenTime, max(time.Minute, c.OpenTime))
	positive(&c.Probes, 1)
	positive(&c.Successes, 2)
	if c.Consecutive == 0 {
		c.Consecutive = 10
	}
}

func positive[T int | time.Duration](v *T, otherwise T) {
	if *v <= 0 {
		*v = otherwise
	}
}

// New returns a layer that breaks circuits as c says. Calls that have no
// facts, see [rpc.FromContext], pass.
//
// refuse, if not nil, makes the error of a call that is refused, out of the
// layer's own; a framework puts it into the form of its errors.
func New[Req, Resp any](c Config, refuse func(req Req, err *Error) error) motore.Layer[Req, Resp] {
	shown := c.Key != nil // calls, to the user's function
	c.fill()
	terms := &keyed.Terms[Key, circuit]{
		Max:  MaxCircuits,
		New:  func(key Key) *circuit { return newCircuit(key, &c) },
		Idle: (*circuit).idle,
	}
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return &breaking[Req, Resp]{next, &c, terms, refuse, !shown && motore.IsDiscreet(next)}
	}
}

type breaking[Req, Resp any] struct {
	next     motore.Service[Req, Resp]
	config   *Config
	terms    *keyed.Terms[Key, circuit]
	refuse   func(req Req, err *Error) error
	discreet bool
}

// Discreet implements [motore.Discreet]: calls are shown to nobody but a Key
// that is not ours.
func (b *breaking[Req, Resp]) Discreet() bool { return b.discreet }

func (b *breaking[Req, Resp]) Call(ctx context.Context, req Req) (Resp, error) {
	info := rpc.FromContext(ctx)
	if info == nil {
		return b.next.Call(ctx, req)
	}
	circuit := b.config.Circuits.known.Find(b.config.Key(info), b.terms)
	if circuit == nil {
		return b.next.Call(ctx, req) // there are too many
	}
	if circuit.state.Load() == closed {
		resp, err := b.next.Call(ctx, req)
		circuit.count(b.config.Outcome(err))
		return resp, err
	}
	if refused := circuit.admit(); refused != nil {
		var none Resp
		if b.refuse != nil {
			return none, b.refuse(req, refused)
		}
		return none, refused
	}
	return probe(ctx, req, b.next, circuit)
}

// probe makes a call whose outcome decides on a circuit that is half-open.
func probe[Req, Resp any](ctx context.Context, req Req, next motore.Service[Req, Resp], circuit *circuit) (resp Resp, err error) {
	outcome := rpc.Failed // of a panic
	defer func() { circuit.probed(outcome) }()
	resp, err = next.Call(ctx, req)
	outcome = circuit.config.Outcome(err)
	return resp, err
}
