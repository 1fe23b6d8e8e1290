package rpc

import "context"

type infoKey struct{}

// InfoKey is the key under which a context answers with its *[Info]. It is
// exported for frameworks, whose own context type answers it directly, so
// that call and context share one allocation; everyone else uses
// [FromContext] and [NewContext].
var InfoKey any = infoKey{}

// FromContext returns the facts of the call that ctx belongs to, or nil
// outside a call.
func FromContext(ctx context.Context) *Info {
	info, _ := ctx.Value(InfoKey).(*Info)
	return info
}

// NewContext returns a context that belongs to the call that info describes.
func NewContext(parent context.Context, info *Info) context.Context {
	return context.WithValue(parent, InfoKey, info)
}
