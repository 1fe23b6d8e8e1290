package loadbalance

import (
	"context"
	"errors"
	"fmt"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A Balancer is a way of spreading calls over instances.
//
// Balance is called once per snapshot, never per call. The instances have
// distinct addresses and weights from 1 to discovery.MaxWeight; there may be
// none. Balance may keep them and must not change them.
type Balancer interface {
	Balance(instances []discovery.Instance) Picker
}

// Default returns the balancer of who has not chosen one: [P2C] within [Eject],
// both as they are. A slow instance gets fewer calls at once, and one that
// fails five calls in a row none for half a minute, so that neither a dead
// instance nor one that hangs is anybody's for long.
func Default() Balancer { return Eject(P2C(), EjectConfig{}) }

// A BalancerFunc is a function that is a [Balancer].
type BalancerFunc func(instances []discovery.Instance) Picker

// Balance calls f.
func (f BalancerFunc) Balance(instances []discovery.Instance) Picker { return f(instances) }

// A frugal balancer is one of ours whose Pickers are shown calls and show them
// to nobody.
type frugal struct{ BalancerFunc }

// Discreet implements [motore.Discreet].
func (frugal) Discreet() bool { return true }

// A Picker chooses among the instances of one snapshot.
//
// Pick returns the index of the instance that the call in ctx is to go to,
// never one that is in tried. It returns [ErrNoInstance] if none is left. It
// must not keep tried, and allocates nothing for a call's first pick, whose
// tried is nil.
type Picker interface {
	Pick(ctx context.Context, tried Tried) (int, error)
}

// A PickerFunc is a function that is a [Picker].
type PickerFunc func(ctx context.Context, tried Tried) (int, error)

// Pick calls f.
func (f PickerFunc) Pick(ctx context.Context, tried Tried) (int, error) { return f(ctx, tried) }

// Errors of picking. Calls find them in a [*PickError].
var (
	ErrNoInstance = errors.New("no instance")
	ErrNoKey      = errors.New("no key to hash: see loadbalance.WithKey")
	ErrClosed     = errors.New("balancing is closed")
)

// A PickError says why a call could not be given an instance. Nothing was
// sent.
type PickError struct {
	Service string
	Err     error // for example, [ErrNoInstance]; wraps why discovery failed, if it did
}

// Error names the service and the reason.
func (e *PickError) Error() string {
	return fmt.Sprintf("loadbalance: service %q: %v", e.Service, e.Err)
}

// Unwrap returns e.Err.
func (e *PickError) Unwrap() error { return e.Err }

// Outcome is [rpc.Unsent] if instances may turn up later.
func (e *PickError) Outcome() rpc.Outcome {
	switch {
	case errors.Is(e.Err, ErrNoInstance), errors.Is(e.Err, context.DeadlineExceeded):
		return rpc.Unsent
	case errors.Is(e.Err, context.Canceled):
		return rpc.Canceled
	}
	return rpc.Rejected
}
