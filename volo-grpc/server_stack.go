package vologrpc

import (
	"context"
	"fmt"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
)

// buildStack lists every layer that a server's call passes, outermost first.
func (s *Server) buildStack() Handler {
	return motore.Chain(
		Recover(s.panicked),         // whatever happens below, the process goes on
		motore.Chain(s.o.layers...), // the user's
	)(invoker{s})
}

// An invoker runs handlers: it is the innermost service of the stack.
type invoker struct{ *Server }

// Call runs the handler of req.
func (s invoker) Call(ctx context.Context, req *Request) (*Response, error) {
	handler := req.stream.route().handler
	var err error
	if req.Method.Kind == Unary {
		req.response.Message, err = req.Method.Invoke(ctx, handler, req.Message)
	} else {
		err = req.Method.Serve(ctx, handler, req.stream)
	}
	if s.o.timePhases {
		req.Info.Stats.HandleDone = time.Since(req.Info.Stats.Start)
	}
	if err != nil {
		return nil, err
	}
	return &req.response, nil
}

// panicked decides what the caller of a handler that panicked gets to see.
func (s *Server) panicked(ctx context.Context, p recovery.Panic) error {
	if s.o.onPanic != nil {
		return s.o.onPanic(ctx, p)
	}
	info := rpc.FromContext(ctx)
	s.o.logger.ErrorContext(ctx, "vologrpc: handler panicked",
		"service", info.Service, "method", info.Method, "panic", p.Value, "stack", string(p.Stack))
	return &Error{Code: Internal, Message: fmt.Sprintf("panic in the handler of %s", info.Method)}
}
