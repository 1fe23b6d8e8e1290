package vologrpc

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// This file turns what can go wrong in a client's call into its [*Error].

var (
	errClientClosed = errors.New("client is closed")
	// ErrPeerGone is the cause of a handler's context that ended because the
	// caller has cancelled the call, or its connection is lost.
	ErrPeerGone = errors.New("vologrpc: the caller has gone")
	// ErrServerClosed is returned by Serve after Shutdown and Close, and the
	// cause of contexts that they cancel.
	ErrServerClosed = errors.New("vologrpc: server is closed")
)

// fail makes the error of a call. An error that is one already is completed.
func (r *Request) fail(phase Phase, unsent bool, err error) error {
	var already *Error
	if errors.As(err, &already) && already.Phase != 0 {
		if err == error(already) {
			return err
		}
		// Something has wrapped it, such as a failover. Callers get an *Error.
		c := *already
		c.Err = err
		return &c
	}
	e := &Error{
		Phase:   phase,
		Service: r.Info.Service,
		Method:  r.Info.Method,
		Address: r.Info.Callee.Address,
		Unsent:  unsent,
		Err:     err,
	}
	if already != nil {
		e.Code, e.Message, e.Details = already.Code, already.Message, already.Details
		e.Trailer, e.pushback = already.Trailer, already.pushback
		e.Unsent = unsent || phase == PhaseRemote && already.Trailer.Get(unsentKey) == unsentValue
		if err == error(already) {
			e.Err = already.Err
		}
		return e
	}
	e.Code, e.Message = codeOf(err), err.Error()
	return e
}

// failHTTP2 is fail for an error of package http2, which tells whether the
// peer has acted on the call.
func (r *Request) failHTTP2(phase Phase, until bound, limit int, err error) error {
	var unsent *http2.UnsentError
	var reset *http2.ResetError
	var lost *http2.ConnError
	var size *http2.SizeError
	var list *http2.ListSizeError
	nothing := false
	switch {
	case errors.As(err, &list):
		return r.fail(PhaseEncode, true, &Error{Code: Internal, Message: err.Error(), Err: err})
	case errors.As(err, &size):
		return r.fail(PhaseDecode, false, overLimit("WithMaxReceiveSize", limit, size.Size))
	case errors.As(err, &unsent):
		nothing = true
	case errors.As(err, &reset):
		nothing = reset.Unprocessed
	case errors.As(err, &lost):
		nothing = lost.Unprocessed
	}
	return r.fail(phase, nothing, until.cause(err))
}

// codeOf says what an error that is no status means.
func codeOf(err error) Code {
	var reset *http2.ResetError
	var lost *http2.ConnError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return DeadlineExceeded
	case errors.Is(err, context.Canceled), errors.Is(err, errClientClosed), errors.Is(err, http2.ErrClosed):
		return Canceled
	case errors.As(err, &reset):
		return codeOfReset(reset)
	case errors.As(err, &lost), errors.Is(err, http2.ErrGoingAway):
		return Unavailable
	}
	return Unknown
}

// codeOfReset maps error codes of HTTP/2 (gRPC over HTTP2, "Errors").
func codeOfReset(e *http2.ResetError) Code {
	switch e.Code {
	case http2.RefusedStream:
		return Unavailable
	case http2.Cancel:
		return Canceled
	case http2.EnhanceYourCalm:
		return ResourceExhausted
	case http2.InadequateSecurity:
		return PermissionDenied
	}
	return Internal
}

// gone is the cause of a handler's context whose stream has ended.
func gone(err error) error {
	if errors.Is(err, http2.ErrClosed) {
		return ErrServerClosed
	}
	return ErrPeerGone
}

// A bound is what limits the waiting of a call: the earlier of its deadline
// and its context, read once.
type bound struct {
	ctx      context.Context
	deadline time.Time       // zero for never
	done     <-chan struct{} // nil for never
}

// boundOf looks through the call's own context, whose deadline is watched
// without the timer that its Done would start.
func boundOf(ctx context.Context, req *Request) bound {
	if call, ok := ctx.(*callContext); ok {
		return bound{call.parent, req.Info.Deadline, call.parent.Done()}
	}
	d, _ := ctx.Deadline()
	if own := req.Info.Deadline; d.IsZero() || !own.IsZero() && own.Before(d) {
		d = own
	}
	return bound{ctx, d, ctx.Done()}
}

func (b bound) http2() http2.Bound { return http2.Bound{Deadline: b.deadline, Done: b.done} }

// cause turns the error of a wait that was cut short into the reason.
func (b bound) cause(err error) error {
	if b.ctx.Err() != nil {
		return reason(b.ctx)
	}
	if !b.deadline.IsZero() && !time.Now().Before(b.deadline) {
		return context.DeadlineExceeded
	}
	return err
}

// reason says why ctx is done: with its error, and its cause if that is
// another.
func reason(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}
