package motore

import "context"

// A Service turns a request into a response or an error.
//
// On return the response is valid if and only if err is nil. Services must be
// safe for concurrent use and must return promptly once ctx is done.
type Service[Req, Resp any] interface {
	Call(ctx context.Context, req Req) (Resp, error)
}

// A ServiceFunc is a function that is a [Service].
type ServiceFunc[Req, Resp any] func(ctx context.Context, req Req) (Resp, error)

// Call calls f.
func (f ServiceFunc[Req, Resp]) Call(ctx context.Context, req Req) (Resp, error) {
	return f(ctx, req)
}
