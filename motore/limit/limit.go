// Package limit refuses calls that would be too many or too late, before
// anything is done for them.
//
// There are three layers, which go together in this order:
//
//	NewRate         so many calls a second, for each key
//	NewDeadline     not those that cannot be answered in time
//	NewConcurrency  so many calls at once, a number or what latency allows
//
// A call that is refused fails with an [*Error]. Its outcome is [rpc.Unsent]:
// nothing was done, so that its caller may go to another instance, and where
// one can tell it says when to come back, which package retry obeys. On a
// server the frameworks' layers send that to the peer.
//
// On a client the layers protect those who are called, and on a server what
// runs there. All of them may be used concurrently and, unless a call has to
// wait, take no memory.
package limit

import (
	"context"
	"fmt"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// A Kind says which limit a call went over.
type Kind string

// The kinds, one for each layer.
const (
	Rate        Kind = "rate"
	Deadline    Kind = "deadline"
	Concurrency Kind = "concurrency"
)

// A Key tells apart what is limited. Members that do not matter are zero.
type Key struct{ Caller, Service, Method string }

// Together is the key of all calls; it is the default of [RateConfig] and
// [ConcurrencyConfig].
func Together(*rpc.Info) Key { return Key{} }

// ByCaller is the key of a caller, as it names itself.
func ByCaller(info *rpc.Info) Key { return Key{Caller: info.Caller.Service} }

// ByMethod is the key of a method; it is the default of [DeadlineConfig].
func ByMethod(info *rpc.Info) Key { return Key{Service: info.Service, Method: info.Method} }

// ByCallerAndMethod is the key of a caller's calls of one method.
func ByCallerAndMethod(info *rpc.Info) Key {
	return Key{info.Caller.Service, info.Service, info.Method}
}

// String returns "Service.Method for caller", without what is empty.
func (k Key) String() string {
	s := k.Service
	if k.Method != "" {
		s += "." + k.Method
	}
	switch {
	case k.Caller == "":
		return s
	case s == "":
		return k.Caller
	}
	return s + " for " + k.Caller
}

// MaxKeys is how many keys a layer tells apart. Those that were not used for a
// while make room for others; calls with keys beyond that share one limit.
const MaxKeys = 4096

// An Error says that a call was refused.
type Error struct {
	Kind  Kind
	Key   Key
	Facts string        // the limit, what it was compared with and what sets it
	After time.Duration // when to come back; zero if there is no telling
	Err   error         // why the caller stopped waiting; nil if it was refused
}

// Error returns "limit: kind: key: facts".
func (e *Error) Error() string {
	s := "limit: " + string(e.Kind) + ": "
	if key := e.Key.String(); key != "" {
		s += key + ": "
	}
	s += e.Facts
	if e.After > 0 {
		s += fmt.Sprintf("; come back in %v", e.After)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Outcome returns [rpc.Unsent], or [rpc.Canceled] if the caller gave up.
func (e *Error) Outcome() rpc.Outcome {
	if e.Err != nil && rpc.OutcomeOf(e.Err) == rpc.Canceled {
		return rpc.Canceled
	}
	return rpc.Unsent
}

// RetryAfter returns when to come back; see retry.Pushback.
func (e *Error) RetryAfter() (d time.Duration, ok bool) { return e.After, e.After > 0 }

// factsOf returns the facts of a call, empty ones if there are none.
func factsOf(ctx context.Context) *rpc.Info {
	if info := rpc.FromContext(ctx); info != nil {
		return info
	}
	return &nobody
}

var nobody rpc.Info // is only read

// deadlineOf returns the earlier of the call's and the context's, zero for
// never.
func deadlineOf(ctx context.Context, info *rpc.Info) time.Time {
	end, ok := ctx.Deadline()
	if !info.Deadline.IsZero() && (!ok || info.Deadline.Before(end)) {
		return info.Deadline
	}
	return end
}

// refusal is what the caller of a refused call gets.
func refusal[Req any](req Req, refuse func(Req, *Error) error, e *Error) error {
	if refuse != nil {
		return refuse(req, e)
	}
	return e
}
