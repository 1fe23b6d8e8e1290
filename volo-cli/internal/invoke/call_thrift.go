package invoke

import (
	"context"
	"errors"
	"fmt"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/generic"
)

// observeThrift is a layer that notes the facts of calls.
func observeThrift(next volothrift.Handler) volothrift.Handler {
	return motore.ServiceFunc[*volothrift.Request, *volothrift.Response](
		func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
			req.OnDone(func() { observe(ctx, &req.Info) })
			return next.Call(ctx, req)
		})
}

func (p *Peer) values() dynamic.Options {
	if p == nil {
		return dynamic.Options{}
	}
	return dynamic.Options{Defaults: p.config.Defaults, IgnoreNames: p.config.IgnoreUnknown}
}

func (p *Peer) callThrift(ctx context.Context, m *Method, c *Call, reply *Reply) error {
	if len(c.Metadata) > 0 {
		return &InputError{fmt.Errorf("Thrift has no free headers; send %s as persistent or transient metadata", c.Metadata[0].Key)}
	}
	if p.protocol != TTHeader && p.protocol != TTHeaderFramed && len(c.Persistent)+len(c.Transient) > 0 {
		return &InputError{fmt.Errorf("protocol %s carries no metadata", p.protocol)}
	}
	args, err := c.one()
	if err != nil {
		return err
	}
	raw := m.raw.(thriftMethod)
	client := generic.NewClient(p.thrift, raw.service, generic.Options{Values: p.values(), Bare: p.config.Bare})
	text, err := client.CallJSON(ctx, m.Name, args)
	if badText(err) {
		return &InputError{err}
	}
	reply.Sent++
	if err != nil || text == nil {
		return err
	}
	return c.receive(reply, text)
}

// badText reports whether err is about JSON that somebody has written.
func badText(err error) bool {
	var syntax *dynamic.SyntaxError
	var text *dynamic.TextError
	return errors.As(err, &syntax) || errors.As(err, &text)
}
