// Package timeout bounds how long a call may take.
//
// The layer gives each call a context with a deadline and passes it on; it
// starts no goroutine and abandons nothing, so a call ends when whatever it
// waits for honours its context, as every motore.Service promises to.
package timeout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/volo-go/volo/motore"
)

// ErrElapsed is the cause of a context whose time this layer gave and which
// ran out: the caller is still there, we gave up. It is a
// context.DeadlineExceeded, and a timeout to who asks for Timeout() bool.
var ErrElapsed error = elapsed{}

type elapsed struct{}

func (elapsed) Error() string        { return "the time for the call has elapsed" }
func (elapsed) Timeout() bool        { return true }
func (elapsed) Is(target error) bool { return target == context.DeadlineExceeded }

// An Error is what a call fails with if its time ran out.
type Error struct {
	After time.Duration // the time that the call had
	Err   error         // what it failed with
}

// Error names the time that the call had.
func (e *Error) Error() string {
	return fmt.Sprintf("timeout: no answer within %v: %v", e.After, e.Err)
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Is makes the error an [ErrElapsed] and a context.DeadlineExceeded, whatever
// the call has failed with.
func (e *Error) Is(target error) bool {
	return target == ErrElapsed || target == context.DeadlineExceeded
}

// Timeout returns true.
func (e *Error) Timeout() bool { return true }

// New returns a layer that gives each call at most d. If d is not positive,
// calls are left unbounded.
//
// A call whose time ran out, and failed for it, fails with an [*Error]. If the
// caller's own deadline is sooner, errors are left as they are. A response
// that was there in time is returned, even if it comes late.
func New[Req, Resp any](d time.Duration) motore.Layer[Req, Resp] {
	if d <= 0 {
		return motore.Identity[Req, Resp]
	}
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			// The cause tells retries that we gave up, not the caller.
			ctx, cancel := context.WithTimeoutCause(ctx, d, ErrElapsed)
			defer cancel()
			resp, err := next.Call(ctx, req)
			if err != nil && ranOut(ctx, err) {
				err = &Error{d, err}
			}
			return resp, err
		})
	}
}

// ranOut reports whether a call failed with err because the time that we gave
// it in ctx ran out: then and because it waited, not then by chance.
func ranOut(ctx context.Context, err error) bool {
	if context.Cause(ctx) != ErrElapsed {
		return false
	}
	waited, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && waited.Timeout() || errors.Is(err, context.Canceled)
}
