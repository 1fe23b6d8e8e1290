package discovery

import (
	"context"
	"errors"
	"fmt"

	"github.com/volo-go/volo/motore/rpc"
)

// Bounds of [Instance.Weight].
const (
	// DefaultWeight is the weight of an instance that did not say. It is the
	// one that Kitex registers.
	DefaultWeight = 10
	// MaxWeight is the greatest weight; what exceeds it counts as MaxWeight.
	MaxWeight = 1 << 20
)

// An Instance is one process that serves a service.
type Instance struct {
	Address rpc.Address

	// Weight is the share of calls that the instance is to get, in relation
	// to the others. Zero stands for [DefaultWeight]; an instance with a
	// negative weight gets no calls.
	Weight int

	// Tags are free facts, such as zone or version. Nil means none. Never
	// changed once set.
	Tags map[string]string
}

// A Discoverer knows the instances of services.
//
// Watch calls update with all instances of service as soon as it knows them,
// and again after every change, until ctx is done. It blocks meanwhile; it
// may be called from any number of goroutines, for the same service too.
//
// Each snapshot is complete and replaces the one before, so no state can be
// assembled wrongly: it holds each address once, never goes back in time, and
// an empty one says that the service has no instances now. States that
// follow each other quickly may be left out, all but the last. A snapshot is
// handed over: Watch never changes it again, update may keep it and must not
// change it either.
//
// Update is called by one goroutine at a time, and never once Watch has
// returned. It returns quickly.
//
// Watch returns nil if the instances will never change again; an error
// that wraps ctx.Err() when ctx is done; any other error when it cannot go
// on. In the last case the caller keeps what it knows, pauses, and calls
// Watch again.
type Discoverer interface {
	Watch(ctx context.Context, service string, update func([]Instance)) error
}

// A Refresher is a Discoverer that does not hear of changes at once, and so
// can be told that some are likely: an instance cannot be reached any more.
//
// Refresh makes watches of service look soon. It may be called often, from any
// goroutine, and does not wait.
type Refresher interface {
	Discoverer
	Refresh(service string)
}

// A Func is a function that is a [Discoverer].
type Func func(ctx context.Context, service string, update func([]Instance)) error

// Watch calls f.
func (f Func) Watch(ctx context.Context, service string, update func([]Instance)) error {
	return f(ctx, service, update)
}

// Resolve returns the instances that service has now: the first snapshot of a
// watch. It waits for it as long as ctx allows.
func Resolve(ctx context.Context, d Discoverer, service string) ([]Instance, error) {
	watch, cancel := context.WithCancel(ctx)
	defer cancel()
	var snapshot []Instance
	known := false
	err := d.Watch(watch, service, func(instances []Instance) {
		if !known {
			snapshot, known = instances, true
		}
		cancel()
	})
	switch {
	case known:
		return snapshot, nil
	case err == nil:
		err = errors.New("the watch ended without an answer")
	}
	return nil, fmt.Errorf("discovery: service %q: %w", service, err)
}
