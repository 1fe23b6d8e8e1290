package vologrpc

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A Client calls the methods of one callee. Generated clients wrap it. It may
// be used concurrently, and is meant to be kept: it owns its connections.
type Client struct {
	core    *clientCore
	options *callOptions // nil for none
}

// clientCore is what a client shares with those that With made from it.
type clientCore struct {
	o         clientOptions
	callee    rpc.Endpoint // the address is zero if there is a discoverer
	authority string
	stack     Handler
	private   bool         // the stack is discreet: requests of unary calls are used again
	timed     bool         // somebody needs to know when a call began
	usual     timeoutField // of the client's own timeout
	peers     peers
	heads     sync.Map                                // *Method → *head
	stage     *loadbalance.Stage[*Request, *Response] // nil with a fixed address
	moved     signal                                  // the instances of the stage are others
}

// NewClient returns a client for target. With a discoverer that is the name of
// a service; without one, an address as [rpc.ParseAddress] takes it, or one of
//
//	dns:///shop.example:8888   all addresses of the name, looked up again and
//	                           again; without a port, 443
//	passthrough:///host:port   the address
//	unix:path, unix:///path    a unix socket
//	unix-abstract:name         one in the abstract namespace of Linux
//
// It connects when the first call needs it.
func NewClient(target string, opts ...ClientOption) (*Client, error) {
	c := &clientCore{o: defaultClientOptions(target)}
	for _, opt := range opts {
		opt.client(&c.o)
	}
	if c.o.service != nil {
		if bad := c.o.service.check(); bad != nil {
			return nil, bad
		}
	}
	if err := c.aim(target); err != nil {
		return nil, err
	}
	if _, ok := c.o.compressors.find(c.o.compression); !ok {
		return nil, fmt.Errorf("vologrpc: compression %q is not among WithCompressors", c.o.compression)
	}
	if c.o.dial == nil {
		d := &transport.Dialer{Engine: c.o.engine, Timeout: c.o.connectTimeout, TLS: c.o.tls}
		c.o.dial = d.Dial
	}
	if t := &c.o.http2.Keepalive.Time; *t > 0 {
		*t = max(*t, minKeepalive)
	}
	c.authority = c.authorityOf()
	c.usual = newTimeoutField(c.o.timeout)
	c.peers.core = c
	c.stack = c.buildStack()
	c.private = motore.IsDiscreet(c.stack)
	c.timed = !c.private || c.stage != nil || c.o.timeout > 0 || c.o.timePhases
	return &Client{core: c}, nil
}

// minKeepalive is the shortest [Keepalive.Time] of a client, as grpc-go has it.
const minKeepalive = 10 * time.Second

func (c *clientCore) authorityOf() string {
	switch {
	case c.o.authority != "":
		return c.o.authority
	case c.o.tls != nil && c.o.tls.ServerName != "":
		return c.o.tls.ServerName
	case c.callee.Address.Network() == "tcp":
		return c.callee.Address.String()
	case c.callee.Address.IsZero():
		return c.callee.Service
	}
	return "localhost"
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

// Unary calls m, a unary method, with req and stores the answer in resp, which
// is new. Generated stubs call it.
func (c *Client) Unary(ctx context.Context, m *Method, req, resp proto.Message) error {
	private := c.private()
	r := newRequest(private)
	c.request(ctx, r, m, req)
	r.response.Message = resp
	call := (*callContext)(r)
	answer, err := c.core.stack.Call(call, r)
	call.finish()
	if err != nil {
		return r.fail(PhasePick, false, err)
	}
	if answer.Message != resp { // a layer has answered
		if answer.Message == nil {
			return r.fail(PhaseDecode, false, &Error{Code: Internal, Message: "a layer has answered without a message"})
		}
		proto.Merge(resp, answer.Message)
	}
	if private {
		*r = Request{}
		requests.Put(r)
	}
	return nil
}

// Stream opens the stream of a method that is not unary. req is the request
// of a server streaming method and nil otherwise. Generated stubs come here
// through OpenServerStream and its siblings.
//
// The stream must be received from until it ends, or closed.
func (c *Client) Stream(ctx context.Context, m *Method, req proto.Message) (*ClientStream, error) {
	r := new(Request)
	c.request(ctx, r, m, req)
	call := (*callContext)(r)
	answer, err := c.core.stack.Call(call, r)
	if err == nil && answer.Stream == nil {
		err = &Error{Code: Internal, Message: "a layer has answered without a stream"}
	}
	if err != nil {
		call.finish()
		return nil, r.fail(PhasePick, false, err)
	}
	answer.Stream.own()
	return answer.Stream, nil
}

// requests of unary calls that nobody knows any more, to be used again.
//
// What others can keep of such a call is not part of its request. Its context is
// the parent of no other one, as deadlines are times, and those who wait, wait for
// what its caller gave; a discreet stack shows both to nobody who keeps them. The
// messages and the values in the metadata are the caller's, strings of the answer
// lie in memory of their own. A call that has failed, or a panic passes through,
// leaves its request to the garbage collector.
var requests = sync.Pool{New: func() any { return new(Request) }}

func newRequest(private bool) *Request {
	if private {
		return requests.Get().(*Request)
	}
	return new(Request)
}

// private reports whether nobody knows the requests of c once they are over.
func (c *Client) private() bool {
	return c.core.private && (c.options == nil || len(c.options.credentials) == 0)
}

// request fills in r, which is new.
func (c *Client) request(ctx context.Context, r *Request, m *Method, req proto.Message) {
	core := c.core
	r.Info.Role = rpc.Client
	r.Info.Service, r.Info.Method, r.Info.Idempotent = m.Service, m.Name, m.Idempotent
	r.Info.Caller.Service, r.Info.Callee = core.o.caller, core.callee
	if core.timed || c.options != nil {
		r.Info.Stats.Start = time.Now()
	}
	r.Method, r.Message, r.options, r.parent = m, req, c.options, ctx
	if md, ok := ctx.Value(metadataKey{}).(Metadata); ok {
		r.Metadata = md
	}
	if c.options != nil {
		c.options.apply(r)
	}
}

func (o *callOptions) apply(r *Request) {
	if !o.address.IsZero() {
		r.Info.Callee.Address = o.address
	}
	if o.tags != nil {
		r.Info.Callee.Tags = o.tags
	}
	r.Info.Idempotent = r.Info.Idempotent || o.idempotent
	if len(o.metadata) > 0 {
		r.Metadata = append(slices.Clip(r.Metadata), o.metadata...)
	}
}

// A head is what the requests for a method begin with that is the same for each
// call, and the same with the usual grpc-timeout. Either costs a few bytes, and
// servers that remember header blocks read it only once.
type head struct{ plain, usual *http2.Block }

func (c *clientCore) head(m *Method) *head {
	if found, ok := c.heads.Load(m); ok {
		return found.(*head)
	}
	scheme := "http"
	if c.o.tls != nil {
		scheme = "https"
	}
	fields := []http2.Field{
		{Name: ":method", Value: "POST"},
		{Name: ":scheme", Value: scheme},
		{Name: ":path", Value: "/" + m.Service + "/" + m.Name},
		{Name: ":authority", Value: c.authority},
		{Name: "content-type", Value: "application/grpc"},
		{Name: "user-agent", Value: c.o.userAgent},
		{Name: "te", Value: "trailers"},
		{Name: "grpc-accept-encoding", Value: c.o.compressors.names()},
	}
	made := &head{plain: &http2.Block{Fields: fields}}
	made.usual = &http2.Block{Fields: append(slices.Clip(fields), http2.Field{Name: timeoutKey, Value: c.usual.text})}
	found, _ := c.heads.LoadOrStore(m, made)
	return found.(*head)
}

// Close ends discovery and closes all connections; calls in flight fail.
func (c *Client) Close() (err error) {
	if c.core.stage != nil {
		err = c.core.stage.Close()
		c.core.moved.tell()
	}
	c.core.peers.close()
	return err
}
