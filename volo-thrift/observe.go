package volothrift

import (
	"context"
	"errors"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// This file is what others may see of calls, clients and servers while they
// run; see package observe.

// Observe returns a layer whose calls o watches.
func Observe(o observe.Observer) Layer { return observe.New[*Request, *Response](o) }

// System returns "thrift".
func (r *Request) System() string { return "thrift" }

// Header returns a string that the caller of a handler has sent beside the
// call: an upstream value of metainfo. Dialects without a header have none.
func (r *Request) Header(ctx context.Context, key string) string {
	v, _ := metainfo.Upstream(ctx, key)
	return v
}

// SetHeader returns a context whose calls send a string to the next process,
// as a transient value of metainfo. Dialects without a header leave it out.
func (r *Request) SetHeader(ctx context.Context, key, value string) context.Context {
	return metainfo.WithTransient(ctx, key, value)
}

// OutcomeOf returns what err is for the other side of the call, see
// [rpc.Outcome]. A handler's error that the IDL does not declare, and that is no
// [*BizError] either, arrives as an exception of the instance's: the call has
// failed. One that judges itself, as that of a call which the handler has made,
// is believed.
func (r *Request) OutcomeOf(err error) rpc.Outcome {
	o := rpc.OutcomeOf(err)
	if err == nil || o != rpc.Answered || r.conn == nil {
		return o
	}
	if _, ok := errors.AsType[interface {
		error
		Outcome() rpc.Outcome
	}](err); ok {
		return o
	}
	if _, ok := errors.AsType[*BizError](err); ok {
		return o
	}
	if _, result := r.Method.New(); result != nil && result.SetErr(err) {
		return o
	}
	return remoteOutcome(err)
}

// Balancing returns what the client knows of the instances of the services
// that it has called; nil without a discoverer.
func (c *Client) Balancing() []loadbalance.ServiceState {
	if c.core.stage == nil {
		return nil
	}
	return c.core.stage.State()
}

// Peers returns what the client has of connections at the moment, by address
// and in no order.
func (c *Client) Peers() (all []observe.Peer) {
	c.core.peers.byAddress.Range(func(addr, p any) bool {
		state := p.(peer).state()
		state.Address = addr.(rpc.Address)
		all = append(all, state)
		return true
	})
	return all
}

func (p *multiplexPeer) state() (s observe.Peer) {
	connecting := false
	for i := range p.lines {
		l := &p.lines[i]
		l.mu.Lock()
		if conn := l.live.Load(); conn != nil && conn.Usable() {
			s.Connections++
			s.Calls += conn.InFlight()
		}
		connecting = connecting || l.dialing != nil
		l.mu.Unlock()
	}
	switch {
	case s.Connections > 0:
		s.State = "ready"
	case connecting:
		s.State = "connecting"
	default:
		s.State = "idle"
	}
	return s
}

func (p *pingPongPeer) state() (s observe.Peer) {
	s.State, s.Calls = "idle", p.pool.Open()
	if s.Connections = p.pool.Conns(); s.Connections > 0 {
		s.State = "ready"
	}
	return s
}

// Load returns what the server has to do at the moment.
func (s *Server) Load() observe.Load {
	s.mu.Lock()
	conns := len(s.conns)
	s.mu.Unlock()
	return observe.Load{
		Conns: conns, MaxConns: s.o.maxConns,
		Calls: int(s.running.Load()), MaxCalls: s.o.maxRequests,
	}
}
