package volothrift

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
)

// buildStack lists every layer that a server's call passes, outermost first.
func (s *Server) buildStack() Handler {
	return motore.Chain(
		Recover(s.panicked),         // whatever happens below, the process goes on
		motore.Chain(s.o.layers...), // the user's
	)((*invoker)(s))
}

// An invoker is the innermost service of the stack: it runs the handler.
type invoker Server

func (s *invoker) Call(ctx context.Context, req *Request) (*Response, error) {
	err := req.Method.Invoke(ctx, req.route.handler, req.Args, req.result)
	if s.o.timePhases {
		req.Info.Stats.HandleDone = time.Since(req.Info.Stats.Start)
	}
	if err != nil {
		return nil, err
	}
	req.response.Result = req.result
	return &req.response, nil
}

// panicked decides what the caller of a handler that panicked gets to see.
func (s *Server) panicked(ctx context.Context, p recovery.Panic) error {
	if s.o.onPanic != nil {
		return s.o.onPanic(ctx, p)
	}
	info := rpc.FromContext(ctx)
	s.o.logger.ErrorContext(ctx, "volothrift: handler panicked",
		"service", info.Service, "method", info.Method, "panic", p.Value, "stack", string(p.Stack))
	return &thrift.ApplicationException{Type: thrift.InternalError, Message: "panic in the handler of " + info.Method}
}
