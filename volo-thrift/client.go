package volothrift

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/pilota/thrift"
)

// A Client calls the methods of one callee. Generated clients wrap it. It may
// be used concurrently, and is meant to be kept: it owns its connections.
type Client struct {
	core    *clientCore
	options *callOptions // nil for none
}

// clientCore is what a client shares with those that With made from it.
type clientCore struct {
	o       clientOptions
	callee  rpc.Endpoint // the address is zero if there is a discoverer
	stack   Handler
	peers   peers
	headers sync.Map // *Method → *ttheader.Template
	latest  atomic.Pointer[header]
	unused  sync.Pool // of *Request that nobody knows any more, with what their calls need beside

	bare    bool                                    // there is no layer and no balancer
	private bool                                    // the stack is discreet: requests are used again
	timed   bool                                    // somebody needs to know when a call began
	stage   *loadbalance.Stage[*Request, *Response] // nil with a fixed address
}

// NewClient returns a client for target: an address as [rpc.ParseAddress]
// takes it, or the name of a service if there is a discoverer. It connects
// when the first call needs it.
func NewClient(target string, opts ...ClientOption) (*Client, error) {
	c := &clientCore{o: defaultClientOptions(target)}
	for _, opt := range opts {
		opt.client(&c.o)
	}
	if !c.o.protocol.hasHeader() {
		c.o.connections = 0
	}
	c.callee.Service = c.o.callee
	if c.o.discoverer != nil {
		if c.callee.Service == "" {
			c.callee.Service = target
		}
	} else {
		addr, err := rpc.ParseAddress(target)
		if err != nil {
			return nil, fmt.Errorf("volothrift: target: %w", err)
		}
		c.callee.Address = addr
	}
	if c.o.dial == nil {
		d := &transport.Dialer{Engine: c.o.engine, Timeout: c.o.connectTimeout, TLS: c.o.tls}
		c.o.dial = d.Dial
	}
	c.peers.open = c.open
	c.bare = len(c.o.outer) == 0 && len(c.o.inner) == 0 && c.o.discoverer == nil
	c.stack = c.buildStack()
	c.private = motore.IsDiscreet(c.stack)
	c.timed = !c.private || c.stage != nil || c.o.timeout > 0 || c.o.timePhases || c.o.connections == 0
	return &Client{core: c}, nil
}

// With returns a client on the same connections whose calls have opts. Only
// the client that NewClient returned need be closed.
func (c *Client) With(opts ...CallOption) *Client {
	var o callOptions
	if c.options != nil {
		o = *c.options
	}
	for _, opt := range opts {
		opt(&o)
	}
	return &Client{core: c.core, options: &o}
}

// Call calls m with args and stores the answer in result, which is nil for a
// oneway method. Generated stubs call it. A declared exception is returned as
// the error.
func (c *Client) Call(ctx context.Context, m *Method, args thrift.Struct, result Result) error {
	core := c.core
	req := core.newRequest()
	if req.Method != m {
		req.Method = m
		core.inform(&req.Info, m)
	}
	req.Args, req.result = args, result
	req.options, req.parent = c.options, ctx
	if c.options != nil {
		c.options.apply(&req.Info)
	}
	if core.timed || c.options != nil {
		req.Info.Stats.Start = time.Now()
	}
	var resp *Response
	var err error
	if core.bare {
		var f flight
		if resp, f, err = core.launch((*callContext)(req), req); f.w != nil {
			f.w.Arrive()
			resp, err = core.land((*callContext)(req), req, f)
		}
	} else {
		resp, err = core.stack.Call((*callContext)(req), req)
	}
	if err == nil {
		err = adopt(result, resp)
	}
	core.over(req)
	return err
}

// inform notes the facts that all calls of m begin with.
func (c *clientCore) inform(info *rpc.Info, m *Method) {
	info.Role = rpc.Client
	info.Service, info.Method = m.Service, m.Name
	info.Oneway, info.Idempotent = m.Oneway, m.Idempotent
	info.Caller.Service = c.o.caller
	info.Callee = c.callee
}

func (c *clientCore) newRequest() *Request {
	if !c.private {
		return new(Request)
	}
	if r, ok := c.unused.Get().(*Request); ok {
		return r
	}
	r := new(struct {
		Request
		decoder thrift.Decoder
	})
	r.Request.decoder = &r.decoder
	return &r.Request
}

// over ends the context of a call. A request that a layer may have kept is
// left to it.
func (c *clientCore) over(req *Request) {
	(*callContext)(req).finish()
	if req.onDone != nil {
		req.onDone()
	}
	if c.private {
		if !c.bare || req.options != nil {
			req.Method, req.Info = nil, rpc.Info{}
		}
		req.reset()
		c.unused.Put(req)
	}
}

func (o *callOptions) apply(info *rpc.Info) {
	if !o.address.IsZero() {
		info.Callee.Address = o.address
	}
	if o.tags != nil {
		info.Callee.Tags = o.tags
	}
	info.Idempotent = info.Idempotent || o.idempotent
}

// Close ends discovery and closes all connections; calls in flight fail.
func (c *Client) Close() (err error) {
	if c.core.stage != nil {
		err = c.core.stage.Close()
	}
	c.core.peers.close()
	return err
}
