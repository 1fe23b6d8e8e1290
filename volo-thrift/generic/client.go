package generic

import (
	"context"
	"fmt"

	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A Client calls the methods of a service by their names. It is safe for
// concurrent use. Closing is left to the client that it was made over.
type Client struct {
	over    *volothrift.Client
	service string
	methods map[string]*method
	o       Options
}

// NewClient returns a client of a described service over the connections of
// another client, which several may share.
func NewClient(over *volothrift.Client, s *descriptor.Service, o Options) *Client {
	return newClient(over, s.Name, of(s, nil), o)
}

// NewBinaryClient returns a client that can do [Client.CallBinary] only, and
// knows no more than the methods' names.
func NewBinaryClient(over *volothrift.Client, service string, methods []Method) *Client {
	var list []*method
	for _, m := range methods {
		list = append(list, newMethod(service, m, nil, nil))
	}
	return newClient(over, service, list, Options{})
}

func newClient(over *volothrift.Client, service string, methods []*method, o Options) *Client {
	c := &Client{over, service, make(map[string]*method, len(methods)), o}
	for _, m := range methods {
		c.methods[m.Name] = m
	}
	return c
}

// With returns a client on the same connections whose calls have opts.
func (c *Client) With(opts ...volothrift.CallOption) *Client {
	other := *c
	other.over = c.over.With(opts...)
	return &other
}

// CallJSON calls a method with arguments that are an object, one member per
// argument, and returns the JSON of the value: null if the method returns
// nothing, nil if it is oneway. A declared exception is an [*Exception].
func (c *Client) CallJSON(ctx context.Context, name string, args []byte) ([]byte, error) {
	v, err := c.call(ctx, name, func(m *method) ([]byte, error) {
		if f := m.argument(&c.o); f != nil {
			wire, err := dynamic.FromJSON(nil, f.Type, args, c.o.Values)
			return wrap(f, wire), err
		}
		return dynamic.FromJSON(nil, m.desc.Arguments.Type(), args, c.o.Values)
	})
	switch {
	case err != nil || v == nil:
		return nil, err
	case v.Type == nil:
		return []byte("null"), nil
	}
	text, err := v.JSON(c.o.Values)
	return text, c.place(name, "result", err)
}

// CallMap is [Client.CallJSON] with trees: args holds one value per argument,
// and the result is what [dynamic.ToValue] returns; nil if there is none. With
// Bare, a single argument that is a struct is args.
func (c *Client) CallMap(ctx context.Context, name string, args map[string]any) (any, error) {
	v, err := c.call(ctx, name, func(m *method) ([]byte, error) {
		if f := m.argument(&c.o); f != nil && f.Type.Underlying().Kind == descriptor.StructKind {
			wire, err := dynamic.FromValue(nil, f.Type, args, c.o.Values)
			return wrap(f, wire), err
		}
		return dynamic.FromValue(nil, m.desc.Arguments.Type(), args, c.o.Values)
	})
	if err != nil || v == nil || v.Type == nil {
		return nil, err
	}
	tree, err := v.Tree(c.o.Values)
	return tree, c.place(name, "result", err)
}

// CallBinary calls a method with the encoded struct of its arguments and
// returns the encoded struct of its result as the peer sent it, which may hold
// a declared exception; nil if the method is oneway.
func (c *Client) CallBinary(ctx context.Context, name string, args []byte) ([]byte, error) {
	m, err := c.method(name)
	if err != nil {
		return nil, err
	}
	plain := *m // without a descriptor nobody looks into the result
	plain.desc = nil
	request := &dynamic.Struct{Wire: args}
	if m.Oneway {
		return nil, c.over.Call(ctx, &m.Method, request, nil)
	}
	answer := plain.result()
	if err := c.over.Call(ctx, &m.Method, request, answer); err != nil {
		return nil, err
	}
	return answer.Wire, nil
}

func (c *Client) method(name string) (*method, error) {
	m := c.methods[name]
	if m == nil {
		return nil, fmt.Errorf("generic: service %s: %w: %q", c.service, ErrNoMethod, name)
	}
	return m, nil
}

// call calls a method whose encoded arguments args returns. The value is nil
// if the method is oneway, and has no type if it is void.
func (c *Client) call(ctx context.Context, name string, args func(*method) ([]byte, error)) (*Value, error) {
	m, err := c.method(name)
	if err != nil {
		return nil, err
	}
	if m.desc == nil {
		return nil, fmt.Errorf("generic: service %s has no descriptor: bytes only", c.service)
	}
	request := m.args()
	if request.Wire, err = args(m); err != nil {
		return nil, c.place(name, "arguments", err)
	}
	if m.Oneway {
		return nil, c.over.Call(ctx, &m.Method, request, nil)
	}
	answer := m.result()
	if err := c.over.Call(ctx, &m.Method, request, answer); err != nil {
		return nil, err
	}
	v, _ := answer.Success().(Value)
	return &v, nil
}

// place says in which half of a call an error happened.
func (c *Client) place(name, half string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("generic: %s.%s: %s: %w", c.service, name, half, err)
}
