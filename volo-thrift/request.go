package volothrift

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
)

type (
	// A Layer wraps the calls of a client or of a server.
	Layer = motore.Layer[*Request, *Response]
	// A Handler is what a layer wraps. (The word Service is taken by the IDL.)
	Handler = motore.Service[*Request, *Response]
	// A HandlerFunc is a function that is a Handler.
	HandlerFunc = motore.ServiceFunc[*Request, *Response]
)

// A Request is one call on its way through the layers. Who has seen it may keep
// it, and read it once the call is over: only those that no layer or balancer
// has seen, unless it is [motore.Discreet] as ours are, serve other calls.
//
// The request is also the context of its call, in the same allocation: the
// context that layers and handlers get answers [rpc.FromContext] and the
// functions of metainfo from it.
type Request struct {
	// Info holds the facts of the call.
	Info rpc.Info

	// Method is what is called.
	Method *Method

	// Args are the arguments, of the type that Method.New makes.
	Args thrift.Struct

	result   Result // where the answer goes; nil for oneway
	response Response
	options  *callOptions // of a client's call, nil if none
	last     *rpc.Address // where an attempt has failed, nil if none has

	onDone func() // nil if nobody asked
	filled bool   // an answer was decoded into result

	decoder *thrift.Decoder // of a request that is used again; nil of others

	// The context half, see callContext.
	parent   context.Context
	metadata *metainfo.Metadata // received; servers only
	conn     *serverConn        // servers only
	route    *route             // servers only

	backward atomic.Pointer[metainfo.BackwardCell] // made when somebody first asks for it
	life     atomic.Pointer[life]                  // made when somebody first asks for Done
}

// OnDone has f called once when all facts of the call are known: on a server
// after the answer was encoded and written, which layers do not live to see, on
// a client when the call returns. Layers may call it while they run. A server
// treats a panic of f as one of a layer, see [OnPanic]; the answer is out.
func (r *Request) OnDone(f func()) {
	if before := r.onDone; before != nil {
		r.onDone = func() { defer f(); before() } // whatever before does
		return
	}
	r.onDone = f
}

// reset makes a request as good as new for another call of its method.
func (r *Request) reset() {
	r.Info.Deadline, r.Info.Stats = time.Time{}, rpc.Stats{}
	r.Args, r.result, r.response, r.options = nil, nil, Response{}, nil
	r.filled = false
	r.last, r.parent = nil, nil
	if r.life.Load() != nil {
		r.life.Store(nil)
	}
}

// A life is the cancellable half of a call's context.
type life struct {
	context.Context
	cancel context.CancelCauseFunc

	mu     sync.Mutex
	ended  bool
	unhook func() // stops watching the connection; nil if nothing does
}

// over is the life of every call that has ended without one.
var over = func() *life {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return &life{Context: ctx, cancel: func(error) {}}
}()

// A Response is the answer to a [Request]: the method's success value, in
// Result. Declared exceptions and everything else that is not a success
// travel as errors.
type Response struct {
	Result Result // nil for a oneway call
}

// NewResponse returns a response with a result of its own, for a layer that
// answers a call itself; set its value with SetSuccess.
func (r *Request) NewResponse() *Response {
	_, result := r.Method.New()
	return &Response{Result: result}
}

// A callContext is a [Request] as the context of its call. It costs no
// allocation and no timer until somebody asks for Done.
type callContext Request

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
	if c.conn == nil && c.Info.Deadline.IsZero() {
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
	if c.conn != nil && !c.Info.Oneway {
		// Only now: a connection has one watch at a time.
		l.watch(c.conn)
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

// watch ends the life with conn, unless it ends before.
func (l *life) watch(conn *serverConn) {
	unhook := conn.onGone(l.cancel)
	l.mu.Lock()
	ended := l.ended
	l.unhook = unhook
	l.mu.Unlock()
	if ended && unhook != nil {
		unhook()
	}
}

func (l *life) end() {
	l.mu.Lock()
	l.ended = true
	unhook := l.unhook
	l.mu.Unlock()
	if unhook != nil {
		unhook()
	}
	l.cancel(context.Canceled)
}

// Err returns nil until the context is done. On a server, asking is what makes
// somebody watch the connection.
func (c *callContext) Err() error {
	if c.conn != nil {
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
		if c.conn != nil {
			return c.metadata
		}
	case metainfo.SendKey:
		if c.conn != nil {
			return c.sends()
		}
	}
	// The cancellable half must be found by package context, which then
	// needs no goroutine to pass on cancellation.
	if l := c.life.Load(); l != nil && l != over {
		return l.Value(key)
	}
	return c.parent.Value(key)
}

// sends returns what goes back with the answer.
func (c *callContext) sends() *metainfo.BackwardCell {
	if cell := c.backward.Load(); cell != nil {
		return cell
	}
	c.backward.CompareAndSwap(nil, new(metainfo.BackwardCell))
	return c.backward.Load()
}

// finish ends the context with the call.
func (c *callContext) finish() {
	if c.conn == nil && c.Info.Deadline.IsZero() {
		return // it lives as long as its parent
	}
	if c.life.Load() == nil && c.life.CompareAndSwap(nil, over) {
		return
	}
	c.life.Load().end()
}
