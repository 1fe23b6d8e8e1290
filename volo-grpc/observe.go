package vologrpc

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
)

// This file is what others may see of calls, clients and servers while they
// run; see package observe.

// Observe returns a layer whose calls o watches, streams until their end.
func Observe(o observe.Observer) Layer { return observe.New[*Request, *Response](o) }

// System returns "grpc".
func (r *Request) System() string { return "grpc" }

// Header returns the metadata of key that has come with the call of a handler.
func (r *Request) Header(_ context.Context, key string) string { return r.Metadata.Get(key) }

// SetHeader sends key with the call, in place of what the metadata had of it.
func (r *Request) SetHeader(ctx context.Context, key, value string) context.Context {
	same := func(p Pair) bool { return strings.EqualFold(p.Key, key) }
	if slices.ContainsFunc(r.Metadata, same) {
		r.Metadata = slices.DeleteFunc(slices.Clone(r.Metadata), same)
	}
	r.Metadata = r.Metadata.With(key, value)
	return ctx
}

// OutcomeOf returns what err is for the other side of the call, see
// [rpc.Outcome]. A handler's error that is no status arrives as UNKNOWN: the
// call has failed. One that judges itself, as that of a call which the handler
// has made, is believed.
func (r *Request) OutcomeOf(err error) rpc.Outcome {
	if err == nil || r.stream == nil {
		return rpc.OutcomeOf(err)
	}
	if _, ok := bizOf(err); ok {
		return rpc.Answered
	}
	judge, ok := errors.AsType[interface {
		error
		Outcome() rpc.Outcome
	}](err)
	if _, own := judge.(*Error); ok && !own {
		return judge.Outcome()
	}
	status := statusOf(err)
	if status.Unsent && status.Phase == 0 {
		return rpc.Unsent // see Refusef
	}
	return status.Outcome()
}

// StatusCode returns the name of the code that the call ends with, as observers
// want it.
func (r *Request) StatusCode(err error) string {
	switch {
	case err == nil:
		return OK.String()
	case errors.Is(err, observe.ErrPanicked):
		return Internal.String()
	}
	return statusOf(err).Code.String()
}

// OnDone has f called once when all facts of a server's call are known: after
// its answer was handed to the connection, which layers do not live to see.
// Layers may call it while they run. On a client f is never called; see
// [Response.OnEnd]. A panic of f is treated as one of a layer, see [OnPanic]; the
// answer is out.
func (r *Request) OnDone(f func()) {
	s := r.stream
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.extras()
	x.done = append(x.done, f)
}

// done tells whoever asked that the answer is on its way.
func (s *ServerStream) done() {
	x := s.more.Load()
	if x == nil {
		return
	}
	s.mu.Lock()
	done := x.done
	s.mu.Unlock()
	for _, f := range done {
		s.tell(f)
	}
}

// tell runs f, which is a layer's code still: no layer above it is left to
// catch its panics.
func (s *ServerStream) tell(f func()) {
	defer func() {
		if v := recover(); v != nil {
			s.server.panicked((*callContext)(s.call), recovery.Panic{Value: v, Stack: debug.Stack()})
		}
	}()
	f()
}

// OnEnd has f called once when the stream has ended, with nil if it went well;
// see [StreamEvents]. It reports false, and does nothing, if r is an answer.
func (r *Response) OnEnd(f func(error)) bool {
	if r == nil || r.Stream == nil {
		return false
	}
	r.Stream.Observe(StreamEvents{Ended: f})
	return true
}

// Balancing returns what the client knows of the instances of the services
// that it has called; nil without a discoverer.
func (c *Client) Balancing() []loadbalance.ServiceState {
	if c.core.stage == nil {
		return nil
	}
	return c.core.stage.State()
}

// Peers returns what [Client.Connections] does, by address and in no order. A
// peer's state is the best of its connections'.
func (c *Client) Peers() (all []observe.Peer) {
	at := map[rpc.Address]int{}
	best := map[rpc.Address]State{}
	for _, conn := range c.Connections() {
		i, ok := at[conn.Address]
		if !ok {
			i = len(all)
			at[conn.Address] = i
			all = append(all, observe.Peer{Address: conn.Address})
		}
		p := &all[i]
		if conn.State == Ready {
			p.Connections++
		}
		p.Calls += conn.Streams
		if conn.Err != nil {
			p.Err = conn.Err
		}
		if !ok || rank(conn.State) > rank(best[conn.Address]) {
			best[conn.Address] = conn.State
			p.State = conn.State.String()
		}
	}
	return all
}

// rank orders states by how soon they take a call.
func rank(s State) int { return slices.Index([]State{Idle, Failing, Connecting, Ready}, s) }

// Load returns what the server has to do at the moment.
func (s *Server) Load() observe.Load {
	s.mu.Lock()
	conns := len(s.conns)
	s.mu.Unlock()
	return observe.Load{
		Conns: conns, MaxConns: s.o.maxConns,
		Calls: int(s.started.Load() - s.ended.Load()), MaxCalls: s.o.maxRequests,
	}
}

// StatusCode returns the name of the code, as observers want it.
func (e *Error) StatusCode() string { return e.Code.String() }
