package volothrift

import (
	"context"
	"strconv"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/limit"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
)

// This file has what callers and servers tell each other about calls that are
// refused and calls that are made again.

// Refused is the type of exception by which a server says that it has done
// nothing for a call and will not: another instance may be asked. The number is
// Volo's own, after HTTP's; peers that do not know it see an exception.
const Refused thrift.ExceptionType = 503

// A RefusedError refuses a call: layers of a server return it before anything
// was done. Callers get an [*Error] whose outcome is [rpc.Unsent].
type RefusedError struct {
	Message string
	// After is when to come back, zero if there is no telling. It travels in
	// the header.
	After time.Duration
}

// Error returns the message.
func (e *RefusedError) Error() string { return "volothrift: refused: " + e.Message }

// Outcome returns [rpc.Unsent].
func (e *RefusedError) Outcome() rpc.Outcome { return rpc.Unsent }

// refuse puts the error of a limit into the form that its caller understands.
func refuse(req *Request, e *limit.Error) error {
	if req.Info.Role == rpc.Server {
		return &RefusedError{Message: e.Error(), After: e.After}
	}
	return req.fail(PhasePick, true, e)
}

// refusal is the outcome of a call that a server has refused.
func refusal(message string, after time.Duration) outcome {
	out := exception(Refused, message)
	out.after = after
	return out
}

// parseAfter reads when a peer wants to be asked again.
func parseAfter(value []byte) time.Duration {
	ms, err := strconv.ParseUint(string(value), 10, 31)
	if err != nil {
		return 0 // the exception is worth more
	}
	return time.Duration(ms) * time.Millisecond
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

// again makes r ready for another attempt after one that has failed, whose
// deadline may have been earlier than that of the call.
func (r *Request) again() {
	_, r.result = r.Method.New()
	r.filled = false
	l := r.life.Load()
	if l == nil {
		return
	}
	had, bounded := l.Deadline()
	if has, ok := (*callContext)(r).Deadline(); bounded && (!ok || had.Before(has)) && r.life.CompareAndSwap(l, nil) {
		l.end()
	}
}
