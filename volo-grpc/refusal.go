package vologrpc

import (
	"context"
	"strconv"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/limit"
	"github.com/volo-go/volo/motore/rpc"
)

// This file has what callers and servers tell each other about calls that are
// refused and calls that are made again.

// unsentKey is the trailer by which a server says that it has done nothing for
// a call and will not. It is Volo's own; others go by the code.
const (
	unsentKey   = "volo-unsent"
	unsentValue = "1"
)

// Refusef returns a status that refuses a call before anything was done for it:
// layers of a server return it. Callers of Volo see an outcome of [rpc.Unsent]
// and may go to another instance; others see code and message. A positive after
// says when to come back (gRFC A6, grpc-retry-pushback-ms).
func Refusef(code Code, after time.Duration, format string, args ...any) *Error {
	e := Errorf(code, format, args...)
	e.Unsent = true
	if after > 0 {
		e = e.WithPushback(after)
	}
	return e
}

// refuse puts the error of a limit into the form that its caller understands.
func refuse(req *Request, e *limit.Error) error {
	code := Unavailable
	if e.Kind == limit.Rate {
		code = ResourceExhausted
	}
	if req.Info.Role == rpc.Server {
		return Refusef(code, e.After, "%w", e)
	}
	return req.fail(PhasePick, true, &Error{Code: code, Message: e.Error(), Err: e})
}

// repeated is the persistent metadata that marks an attempt after the first,
// and all calls that are made because of it. It is Kitex's. Over HTTP it
// arrives in upper case.
const (
	repeated     = "RetryReq"
	repeatedHTTP = "RETRYREQ"
)

func markRepeated(ctx context.Context, attempt int) context.Context {
	return metainfo.WithPersistent(ctx, repeated, strconv.Itoa(attempt))
}

func isRepeated(ctx context.Context) bool {
	if _, ok := metainfo.Persistent(ctx, repeated); ok {
		return true
	}
	_, ok := metainfo.Persistent(ctx, repeatedHTTP)
	return ok
}

// refresh forgets the cancellable half of a context that had the deadline of an
// attempt, which was earlier than that of the call.
func (r *Request) refresh() {
	l := r.life.Load()
	if l == nil {
		return
	}
	had, bounded := l.Deadline()
	if has, ok := (*callContext)(r).Deadline(); bounded && (!ok || had.Before(has)) && r.life.CompareAndSwap(l, nil) {
		l.cancel(context.Canceled)
	}
}
