package vologrpc

import (
	"context"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/rpc"
)

// Clone returns a copy of a client's unary request and the context for its
// call, below ctx. Layers that make several attempts at once give each a clone
// of its own, with its own facts, its own message to decode the answer into
// and its own room for what comes beside it; the request message is shared.
// The layer must be given ctx, or a context below it, and calls Adopt with the
// one attempt whose outcome is the call's. It must not return before every
// attempt has: the caller may change the message then.
func (r *Request) Clone(ctx context.Context) (*Request, context.Context) {
	if _, ok := ctx.Value(receivedKey{}).(*Received); ok {
		ctx = WithReceived(ctx, new(Received))
	}
	if metainfo.ReceiveCell(ctx) != nil {
		ctx = metainfo.WithBackward(ctx)
	}
	c := &Request{
		Info: r.Info, Method: r.Method, Message: r.Message, Metadata: r.Metadata[:len(r.Metadata):len(r.Metadata)],
		options: r.options, before: r.before, parent: ctx,
	}
	if m := r.response.Message; m != nil {
		c.response.Message = m.ProtoReflect().New().Interface()
	}
	return c, (*callContext)(c)
}

// Adopt takes over what has become known by a clone: which instance it went
// to, its sizes and times, and what came beside its answer. The call of the
// clone must have returned; its context is over then.
func (r *Request) Adopt(c *Request) {
	(*callContext)(c).finish()
	deadline := r.Info.Deadline
	r.Info = c.Info
	r.Info.Deadline = deadline
	if to, ok := r.parent.Value(receivedKey{}).(*Received); ok {
		*to = *c.parent.Value(receivedKey{}).(*Received)
	}
	if to := metainfo.ReceiveCell(r.parent); to != nil {
		for key, value := range metainfo.ReceiveCell(c.parent).All() {
			to.Set(key, value)
		}
	}
}

// discard ends a clone that is not adopted.
func (r *Request) discard() { (*callContext)(r).finish() }

// before is what is known of the attempts before one, on account of a policy.
type before struct {
	attempts int
	last     rpc.Address // that the last of them went to
	body     []byte      // of a server streaming call: the request, as it was sent
}

// count returns how many there were.
func (b *before) count() int {
	if b == nil {
		return 0
	}
	return b.attempts
}

// again makes r ready for another attempt after one that has failed; picked is
// the address that the first one came with.
func (r *Request) again(picked rpc.Address) {
	if m := r.response.Message; m != nil {
		proto.Reset(m) // of what could be decoded of a broken answer
	}
	r.before = &before{attempts: r.before.count() + 1, last: r.Info.Callee.Address}
	r.Info.Attempt++
	r.Info.Callee.Address = picked
}
