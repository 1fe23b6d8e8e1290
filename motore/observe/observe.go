// Package observe tells whoever watches calls when each begins and how it
// ends: access logs, traces, metrics, debug pages. An [Observer] is written
// once, for clients and servers of both protocols, and becomes a layer by
// [New], or by Observe in each framework.
//
// # When a call ends
//
//	unary, client       when the layer returns
//	streaming, client   when the caller learns how the stream ended, closes
//	                    it, or its context or deadline is over
//	server              once the answer was handed to the connection; for a
//	                    stream, after its handler has returned
//	a panic passes      then, with [ErrPanicked]
//
// Among a client's outer layers an observer sees a call once; among the inner
// ones it sees each attempt, whose instance is known.
//
// # What it costs
//
// A call whose end nobody wants to know costs what Begin does and nothing
// more. Otherwise: two readings of the clock, and one allocation where the end
// is not the layer's return.
package observe

import (
	"context"
	"errors"
	"reflect"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/rpc"
)

// An Observer watches calls. It may be used concurrently, and returns quickly:
// the call waits for it.
type Observer interface {
	// Begin is told of a call before it goes on, and returns the context that
	// it goes on with, and who is told of its end; nil for nobody. info is the
	// call's and is read only; req says more of it, and is never nil.
	Begin(ctx context.Context, info *rpc.Info, req Request) (context.Context, Ender)
}

// An Ender is told of the end of a call, once, perhaps by a goroutine that is
// not the one of Begin. ctx is what Begin has returned; it may be over.
type Ender interface {
	End(ctx context.Context, end End)
}

// A Request is what the requests of both frameworks say beside [rpc.Info].
type Request interface {
	// System names the protocol as OpenTelemetry does: "thrift" or "grpc".
	System() string
	// Header returns a string that the caller has sent beside the call, "" if
	// there is none. Keys are in lower case. Servers only.
	Header(ctx context.Context, key string) string
	// SetHeader sends a string beside the call, in place of what was set before,
	// to the next process and no further, and returns the context to go on
	// with. Clients only.
	SetHeader(ctx context.Context, key, value string) context.Context
}

// An End is how a call has ended. It is a copy, which may be kept.
type End struct {
	Role            rpc.Role
	Service, Method string
	Oneway          bool

	// Outcome is what Err says. On a server it is what the caller will make of
	// it: an error of the handler's that the protocol has no word for means that
	// the instance has failed.
	Outcome rpc.Outcome
	// Err is nil if it went well, [ErrPanicked] also if the methods of the error
	// panic, as those of a nil pointer do.
	Err      error
	Start    time.Time
	Duration time.Duration

	// Caller and Callee are as they were when the layer returned: on a client
	// the callee is the instance of the last attempt.
	Caller, Callee rpc.Endpoint
	Attempt        int // of the last attempt, counted from 0

	// Sent and Received are bytes of this call on the wire; zero if unknown, as
	// for a client's streams.
	Sent, Received int
}

// ErrPanicked is the error of calls that a panic has ended.
var ErrPanicked = errors.New("observe: the call panicked")

// New returns a layer whose calls o watches. If o is nil, it does nothing.
// Calls without facts, see [rpc.FromContext], pass unwatched.
func New[Req, Resp any](o Observer) motore.Layer[Req, Resp] {
	if o == nil {
		return motore.Identity[Req, Resp]
	}
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			info := rpc.FromContext(ctx)
			if info == nil {
				return next.Call(ctx, req)
			}
			said, ok := any(req).(Request)
			if !ok {
				said = silent{}
			}
			ctx, ender := o.Begin(ctx, info, said)
			if ender == nil {
				return next.Call(ctx, req)
			}
			if later, ok := any(req).(doner); ok && info.Role == rpc.Server {
				return served(ctx, req, info, next, ender, later)
			}
			return called(ctx, req, info, next, ender)
		})
	}
}

// A doner is a request that says when its answer was sent.
type doner interface{ OnDone(f func()) }

// An opener is a response that may be a stream. OnEnd reports false if it is
// none; otherwise f is called at the stream's end.
type opener interface{ OnEnd(f func(error)) bool }

// called watches a call that ends when it returns, unless it has opened a
// stream by then.
func called[Req, Resp any](ctx context.Context, req Req, info *rpc.Info, next motore.Service[Req, Resp], ender Ender) (resp Resp, err error) {
	start, returned := time.Now(), false
	defer func() {
		if !returned {
			ender.End(ctx, ended(req, info, start, ErrPanicked))
		}
	}()
	resp, err = next.Call(ctx, req)
	returned = true
	if stream, ok := any(resp).(opener); ok && err == nil && follow(ctx, req, stream, info, start, ender) {
		return resp, nil
	}
	ender.End(ctx, ended(req, info, start, err))
	return resp, err
}

// follow has ender told of the end of a stream, if there is one. Sizes are the
// stream's own goroutines' to count, and stay unknown.
func follow(ctx context.Context, req any, stream opener, info *rpc.Info, start time.Time, ender Ender) bool {
	end := facts(info, start)
	return stream.OnEnd(func(err error) {
		end.Err, end.Outcome = judged(req, err)
		end.Duration = time.Since(start)
		ender.End(ctx, end)
	})
}

// served watches a call whose answer is sent after the layers have returned.
func served[Req, Resp any](ctx context.Context, req Req, info *rpc.Info, next motore.Service[Req, Resp], ender Ender, later doner) (Resp, error) {
	start, result := time.Now(), ErrPanicked
	later.OnDone(func() { ender.End(ctx, ended(req, info, start, result)) })
	resp, err := next.Call(ctx, req)
	result = err
	return resp, err
}

func ended(req any, info *rpc.Info, start time.Time, err error) End {
	end := facts(info, start)
	end.Err, end.Outcome = judged(req, err)
	end.Duration = time.Since(start)
	end.Sent, end.Received = info.Stats.SentBytes, info.Stats.ReceivedBytes
	return end
}

// A judge is a request that knows what the caller will make of an error.
type judge interface{ OutcomeOf(err error) rpc.Outcome }

// judged returns err and what it says. An error is the user's: where its methods
// panic, observers get one whose methods do not.
func judged(req any, err error) (sound error, o rpc.Outcome) {
	switch err {
	case nil:
		return nil, rpc.Answered
	case ErrPanicked:
		return err, rpc.Failed
	}
	defer func() {
		if recover() != nil {
			sound, o = ErrPanicked, rpc.Failed
		}
	}()
	if v := reflect.ValueOf(err); v.Kind() == reflect.Pointer && v.IsNil() {
		_ = err.Error()
	}
	if j, ok := req.(judge); ok {
		return err, j.OutcomeOf(err)
	}
	return err, rpc.OutcomeOf(err)
}

// facts is what is known of a call whenever its layers have returned.
func facts(info *rpc.Info, start time.Time) End {
	return End{
		Role: info.Role, Service: info.Service, Method: info.Method, Oneway: info.Oneway, Start: start,
		Caller: info.Caller, Callee: info.Callee, Attempt: info.Attempt,
	}
}

// silent is the request of a service that is no framework's.
type silent struct{}

func (silent) System() string                                             { return "" }
func (silent) Header(context.Context, string) string                      { return "" }
func (silent) SetHeader(ctx context.Context, _, _ string) context.Context { return ctx }
