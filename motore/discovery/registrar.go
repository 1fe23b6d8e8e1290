package discovery

import (
	"context"
	"errors"
)

// ErrHandedOver is the cause, see [context.Cause], with which the context of a
// Register ends when another process has taken the address over and registers
// the very same instance.
var ErrHandedOver = errors.New("discovery: another process serves at the address now")

// A Registrar makes instances known to those who discover: it is to a server
// what a [Discoverer] is to a client.
//
// Register puts instance, as one of service, where Discoverers find it, with
// its weight and tags, and keeps it there until ctx is done, whatever happens
// to the registry meanwhile. Then it takes the instance away and returns nil
// once it is gone. If ctx is done to begin with, the instance never shows. It
// blocks all the time.
//
// If the cause is [ErrHandedOver], Register leaves the instance as it is and
// returns nil at once: another process keeps it from now on, or the registry
// forgets it by itself after a while. That process, which may have begun before,
// registers the same address: what this one has had is not to be in its way, nor
// to take the instance along when it ends.
//
// Register returns an error if it cannot go on: then the instance is not
// there, or not for much longer, and the caller pauses and calls again. It
// also returns one if ctx is done and the instance could not be taken away
// within a time of the Registrar's own, which is seconds; a registry that is
// worth it forgets the instance by itself after a while.
//
// Register may be called from any number of goroutines, though not for an
// address and service that it keeps already. The instance's tags are not
// changed by anybody.
type Registrar interface {
	Register(ctx context.Context, service string, instance Instance) error
}
