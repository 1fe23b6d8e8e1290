// Package collapse makes one call out of identical ones that come while it is
// under way: a hundred readers of one item make one read.
//
// Which calls are identical is for the user to say, with a key that has
// everything that their answer depends on: the arguments, and whoever asks if
// not all may see the same. Calls without a key pass.
//
//	caller 1 ──► key ──► call ─────────► answer ──► caller 1
//	caller 2 ──► key ──────┘ waits              ├─► caller 2
//	caller 3 ──► key ──────┘ gives up: the others notice nothing
//
// The call that is made belongs to all who wait for it. One that gives up
// harms no other; when the last one does, it is cancelled. It has the metadata
// and the deadline of the caller that came first. If it is lost for want of
// that one's time, those that have time left make another one. If it is lost
// otherwise, they try once more together, and not one after the other.
//
// All get the same answer, the very same memory: nobody may change it, the
// layers above and those who called included.
package collapse

import (
	"context"
	"runtime"
	"sync"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/rpc"
)

// Config says which calls are identical.
type Config[Req any] struct {
	// Key returns what the answer to req depends on, beside the service and
	// the method; "" if the call is to be made on its own. It must only have a
	// key for calls that change nothing. Nil makes the layer do nothing.
	Key func(ctx context.Context, req Req) string
}

// New returns a layer that collapses calls as c says.
//
// split copies a request for the call that is made, which may outlive the
// caller that it is of, and returns a context, made of ctx, that belongs to the
// copy. It panics if split is nil.
func New[Req, Resp any](c Config[Req], split func(ctx context.Context, req Req) (context.Context, Req)) motore.Layer[Req, Resp] {
	if c.Key == nil {
		return motore.Identity[Req, Resp]
	}
	if split == nil {
		panic("collapse: a call that outlives its caller needs a request of its own")
	}
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		g := &group[Req, Resp]{next: next, split: split, flights: make(map[identity]*flight[Resp])}
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			key := c.Key(ctx, req)
			if key == "" {
				return next.Call(ctx, req)
			}
			info := rpc.FromContext(ctx)
			id := identity{key: key}
			if info != nil {
				id.service, id.method = info.Service, info.Method
			}
			return g.call(ctx, req, info, id)
		})
	}
}

// An identity is what identical calls have in common.
type identity struct{ service, method, key string }

// A group holds the calls that are under way.
type group[Req, Resp any] struct {
	next  motore.Service[Req, Resp]
	split func(ctx context.Context, req Req) (context.Context, Req)

	mu      sync.Mutex
	flights map[identity]*flight[Resp]
}

// A flight is one call for all who wait.
type flight[Resp any] struct {
	cancel  context.CancelFunc
	waiters int // guarded by the group

	// Valid once done is closed.
	done  chan struct{}
	resp  Resp
	err   error
	panic any
	exits bool        // it has ended its goroutine
	over  bool        // the time of who came first
	at    rpc.Address // where it went
}

func (g *group[Req, Resp]) call(ctx context.Context, req Req, info *rpc.Info, id identity) (none Resp, _ error) {
	for again := true; ; {
		f, first := g.join(ctx, req, info, id)
		select {
		case <-f.done:
		case <-ctx.Done():
			g.leave(f, id)
			return none, ctx.Err()
		}
		switch {
		case f.panic != nil:
			panic(f.panic)
		case f.exits:
			runtime.Goexit()
		}
		if !first && (f.over || again) && f.lost() && ctx.Err() == nil {
			// It was another's time that ran out. If only a layer below knew of
			// that, it looks like any other loss.
			again = again && f.over
			continue
		}
		if info != nil {
			info.Callee.Address = f.at
		}
		return f.resp, f.err
	}
}

// join returns the flight of id, which it begins if there is none.
func (g *group[Req, Resp]) join(ctx context.Context, req Req, info *rpc.Info, id identity) (f *flight[Resp], first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if f := g.flights[id]; f != nil {
		f.waiters++
		return f, false
	}
	f = &flight[Resp]{waiters: 1, done: make(chan struct{})}
	own := context.WithoutCancel(ctx)
	if end, ok := ctx.Deadline(); ok {
		own, f.cancel = context.WithDeadline(own, end)
	} else {
		own, f.cancel = context.WithCancel(own)
	}
	own, req = g.split(own, req)
	g.flights[id] = f
	go g.fly(own, req, f, id)
	return f, true
}

func (g *group[Req, Resp]) fly(ctx context.Context, req Req, f *flight[Resp], id identity) {
	f.exits = true
	defer func() {
		if f.panic = recover(); f.panic != nil {
			f.exits = false // it goes on with those who wait
		}
		f.over = ctx.Err() != nil
		if info := rpc.FromContext(ctx); info != nil {
			f.at = info.Callee.Address
		}
		f.cancel()
		g.forget(f, id)
		close(f.done)
	}()
	f.resp, f.err = g.next.Call(ctx, req)
	f.exits = false
}

// lost reports whether a call may have ended for want of time.
func (f *flight[Resp]) lost() bool {
	o := rpc.OutcomeOf(f.err)
	return o == rpc.Lost || o == rpc.Canceled
}

// leave is for who gives up. The last one cancels the flight and waits for its
// end.
func (g *group[Req, Resp]) leave(f *flight[Resp], id identity) {
	g.mu.Lock()
	f.waiters--
	last := f.waiters == 0
	if last && g.flights[id] == f {
		delete(g.flights, id) // nobody may join what is being cancelled
	}
	g.mu.Unlock()
	if last {
		f.cancel()
		<-f.done
	}
}

func (g *group[Req, Resp]) forget(f *flight[Resp], id identity) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.flights[id] == f {
		delete(g.flights, id)
	}
}
