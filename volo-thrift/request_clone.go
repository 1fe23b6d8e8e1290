package volothrift

import (
	"context"
	"math"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/pilota/thrift"
)

// Clone returns a copy of a client's request and the context for its call,
// below ctx. Layers that make several attempts at once give each a clone of its
// own, with its own facts, its own result to decode the answer into and its own
// room for metadata that comes back; the arguments are shared. The layer calls
// Adopt with the one attempt whose outcome is the call's. It must not return
// before every attempt has: the caller may change the arguments then.
func (r *Request) Clone(ctx context.Context) (*Request, context.Context) {
	if metainfo.ReceiveCell(ctx) != nil {
		ctx = metainfo.WithBackward(ctx)
	}
	c := &Request{Info: r.Info, Method: r.Method, Args: r.Args, options: r.options, last: r.last, parent: ctx}
	_, c.result = r.Method.New()
	return c, (*callContext)(c)
}

// Adopt takes over what has become known by a clone: which instance it went to,
// its sizes and times, and the metadata that came back. The call of the clone
// must have returned; its context is over then.
func (r *Request) Adopt(c *Request) {
	(*callContext)(c).finish()
	deadline := r.Info.Deadline
	r.Info = c.Info
	r.Info.Deadline = deadline
	if to := metainfo.ReceiveCell(r.parent); to != nil {
		for key, value := range metainfo.ReceiveCell(c.parent).All() {
			to.Set(key, value)
		}
	}
}

// detach is Clone for a call that may outlive its caller: it shares nothing
// with r that the caller may change.
func (r *Request) detach(ctx context.Context) (*Request, context.Context) {
	c, within := r.Clone(ctx)
	b, err := r.Args.AppendBinary(nil)
	if err != nil {
		return c, within // it is not going to be sent either
	}
	c.Args, _ = r.Method.New()
	if _, err := consume(c.Args, b, thrift.DecodeOptions{Strings: thrift.Alias, MaxDepth: math.MaxInt}); err != nil {
		c.Args = r.Args // nor will the peer understand it
	}
	return c, within
}
