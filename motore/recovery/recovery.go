// Package recovery turns a panic into an error, so that a call that fails so
// badly fails alone and the process survives.
//
// It catches every panic of the layers and the handler below it, in the
// goroutine that it is called in: nil and runtime errors included, and values
// such as http.ErrAbortHandler too, since nothing above would know them. What
// it cannot catch are panics of goroutines that the handler has started and
// what the runtime itself calls fatal, such as concurrent map writes.
// runtime.Goexit is no panic and passes.
package recovery

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/volo-go/volo/motore"
)

// A Panic is what was caught.
type Panic struct {
	Value any    // what panic was called with
	Stack []byte // the stack of the goroutine, as debug.Stack formats it
}

// A PanicError is the error that a panic became. It does not unwrap to the
// panic's value: a panic with an error is not the answer that returning the
// error would have been.
type PanicError struct {
	Panic
}

// Error names the value, not the stack, which is for logs and not for peers.
func (e *PanicError) Error() string { return fmt.Sprintf("recovery: panic: %v", e.Value) }

// New returns a layer that catches panics and fails the call with what handler
// makes of them. The facts of the call are in ctx, see rpc.FromContext.
//
// A nil handler makes a [*PanicError]; so does one that returns nil, for no
// panic is a success. If handler panics itself, that panic is not caught.
func New[Req, Resp any](handler func(ctx context.Context, p Panic) error) motore.Layer[Req, Resp] {
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (resp Resp, err error) {
			defer func() {
				// Nil means that there was no panic: the runtime gives
				// panic(nil) a value, and Goexit has none.
				if v := recover(); v != nil {
					err = toError(ctx, handler, Panic{v, debug.Stack()})
				}
			}()
			return next.Call(ctx, req)
		})
	}
}

func toError(ctx context.Context, handler func(context.Context, Panic) error, p Panic) error {
	if handler != nil {
		if err := handler(ctx, p); err != nil {
			return err
		}
	}
	return &PanicError{p}
}
