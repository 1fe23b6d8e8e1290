package motore

import "context"

// The functions below change what a service takes, returns or fails with. The
// first two change its type, which a [Layer] cannot; wrap [MapError] in a
// closure to list it among layers. What the function returns as error is
// returned to the caller as it is. A nil function is a mistake of the caller.

// MapRequest returns a service that passes f(req) to next. If f fails, next is
// not called.
func MapRequest[A, B, Resp any](next Service[B, Resp], f func(ctx context.Context, req A) (B, error)) Service[A, Resp] {
	return ServiceFunc[A, Resp](func(ctx context.Context, req A) (Resp, error) {
		mapped, err := f(ctx, req)
		if err != nil {
			var none Resp
			return none, err
		}
		return next.Call(ctx, mapped)
	})
}

// MapResponse returns a service that answers f(resp) for the response of next.
// If next fails, f is not called.
func MapResponse[Req, A, B any](next Service[Req, A], f func(ctx context.Context, resp A) (B, error)) Service[Req, B] {
	return ServiceFunc[Req, B](func(ctx context.Context, req Req) (B, error) {
		resp, err := next.Call(ctx, req)
		if err != nil {
			var none B
			return none, err
		}
		return f(ctx, resp)
	})
}

// MapError returns a service that fails with f(err) where next fails with err.
// A failure stays one: if f returns nil, err is kept, so f may return nil for
// errors that it does not care about.
func MapError[Req, Resp any](next Service[Req, Resp], f func(ctx context.Context, err error) error) Service[Req, Resp] {
	return ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
		resp, err := next.Call(ctx, req)
		if err == nil {
			return resp, nil
		}
		if mapped := f(ctx, err); mapped != nil {
			err = mapped
		}
		var none Resp
		return none, err
	})
}
