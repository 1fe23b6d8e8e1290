package vologrpc

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

type (
	// A Layer wraps the calls of a client or of a server, of every [Kind].
	Layer = motore.Layer[*Request, *Response]
	// A Handler is what a layer wraps.
	Handler = motore.Service[*Request, *Response]
	// A HandlerFunc is a function that is a Handler.
	HandlerFunc = motore.ServiceFunc[*Request, *Response]
)

// A Request is one call on its way through the layers. Who has seen it may keep
// it, and read it once the call is over: only those that no layer, balancer or
// credentials have seen, unless they are [motore.Discreet] as ours are, serve
// other calls.
//
// The request is also the context of its call, in the same allocation: the
// context that layers and handlers get answers [rpc.FromContext] and the
// functions of metainfo from it.
type Request struct {
	// Info holds the facts of the call.
	Info rpc.Info

	// Method is what is called. On a server, calls of methods that it does
	// not know have one that was made for them.
	Method *Method

	// Message is the request of a unary call, and of a server streaming call
	// on the client. It is nil for all others, whose messages come later.
	Message proto.Message

	// Metadata is what is sent with the call, on a client, where layers may
	// add to it; what has come with it, on a server.
	Metadata Metadata

	// response is the answer. Its message is, on a client, what a unary answer
	// is decoded into.
	response Response
	options  *callOptions // of a client's call, nil if none
	before   *before      // attempts of a client's call before this one, nil if there were none

	// The context half, see callContext.
	parent   context.Context
	metadata *metainfo.Metadata // received; servers only
	backward metainfo.BackwardCell
	stream   *ServerStream // servers only
	life     atomic.Pointer[life]
}

// Stream returns the server's side of the call, nil on a client.
func (r *Request) Stream() *ServerStream { return r.stream }

// A Response is the answer to a [Request] that has not failed.
type Response struct {
	// Message is the answer of a unary call; nil for other kinds.
	Message proto.Message

	// Stream is the stream of a call of any other kind, on a client.
	Stream *ClientStream

	fields *answerFields // nil if there are none
}

// answerFields are what came beside the message of an answer.
type answerFields struct{ head, tail []http2.Field }

// NewResponse returns a response for a layer that answers a unary call itself.
func (r *Request) NewResponse(m proto.Message) *Response { return &Response{Message: m} }

// Header returns the metadata that the answer of a client's unary call began
// with.
func (r *Response) Header() Metadata {
	if r.fields == nil {
		return nil
	}
	m, _ := readMetadata(r.fields.head)
	return m
}

// Trailer returns the metadata that the answer of a client's unary call ended
// with.
func (r *Response) Trailer() Metadata {
	if r.fields == nil {
		return nil
	}
	m, _ := readMetadata(r.fields.tail)
	return m
}

// A life is the cancellable half of a call's context.
type life struct {
	context.Context
	cancel context.CancelCauseFunc
}

// over is the life of every call that has ended without one.
var over = func() *life {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return &life{Context: ctx, cancel: func(error) {}}
}()

// A callContext is a [Request] as the context of its call. It costs no
// allocation and no timer until somebody asks for Done.
type callContext Request

type streamKey struct{}

// streamOf returns the server's side of the call that ctx belongs to; nil
// outside a handler, and in the calls that a handler makes.
func streamOf(ctx context.Context) *ServerStream {
	s, _ := ctx.Value(streamKey{}).(*ServerStream)
	return s
}

// Deadline returns the earlier of the call's and the parent's.
func (c *callContext) Deadline() (time.Time, bool) {
	d, ok := c.parent.Deadline()
	if own := c.Info.Deadline; !own.IsZero() && (!ok || own.Before(d)) {
		return own, true
	}
	return d, ok
}

// Done makes the cancellable half of the context on first use.
func (c *callContext) Done() <-chan struct{} {
	if c.stream == nil && c.Info.Deadline.IsZero() {
		return c.parent.Done()
	}
	return c.alive().Done()
}

// alive returns the cancellable half, which it makes on first use.
func (c *callContext) alive() *life {
	if l := c.life.Load(); l != nil {
		return l
	}
	l := c.newLife()
	if !c.life.CompareAndSwap(nil, l) {
		l.cancel(context.Canceled) // somebody else was first, or the call is over
		return c.life.Load()
	}
	if c.stream != nil {
		// Only now: a stream has one watch.
		c.stream.onEnd(func(err error) { l.cancel(gone(err)) })
	}
	return l
}

func (c *callContext) newLife() *life {
	ctx, cancel := context.WithCancelCause(c.parent)
	l := &life{Context: ctx, cancel: cancel}
	if d := c.Info.Deadline; !d.IsZero() {
		ctx, stop := context.WithDeadline(ctx, d)
		l.Context = ctx
		l.cancel = func(cause error) { cancel(cause); stop() }
	}
	return l
}

// Err returns nil until the context is done. On a server, asking is what makes
// somebody watch the stream.
func (c *callContext) Err() error {
	if c.stream != nil {
		return c.alive().Err()
	}
	if l := c.life.Load(); l != nil {
		return l.Err()
	}
	if err := c.parent.Err(); err != nil {
		return err
	}
	if d := c.Info.Deadline; !d.IsZero() && !time.Now().Before(d) {
		return context.DeadlineExceeded
	}
	return nil
}

// Value answers what belongs to the call and leaves the rest to the parent.
func (c *callContext) Value(key any) any {
	switch key {
	case rpc.InfoKey:
		return &c.Info
	case metainfo.Key:
		if c.stream != nil {
			return c.metadata
		}
	case metainfo.SendKey:
		if c.stream != nil {
			return &c.backward
		}
	case any(streamKey{}):
		return c.stream
	}
	// The cancellable half must be found by package context, which then
	// needs no goroutine to pass on cancellation.
	if l := c.life.Load(); l != nil && l != over {
		return l.Value(key)
	}
	return c.parent.Value(key)
}

// finish ends the context with the call.
func (c *callContext) finish() {
	if c.stream == nil && c.Info.Deadline.IsZero() {
		return // it lives as long as its parent
	}
	if c.life.Load() == nil && c.life.CompareAndSwap(nil, over) {
		return
	}
	c.life.Load().cancel(context.Canceled)
}
