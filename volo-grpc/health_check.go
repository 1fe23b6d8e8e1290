package vologrpc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// This file watches the health of instances, for clients that balance (gRFC
// A17).

// methodWatch is the method of the standard health service. Its messages have
// one field each: what is a service and a status there has the same bytes as
// the value of these.
var methodWatch = &Method{
	Service: "grpc.health.v1.Health", Name: "Watch", Kind: ServerStreaming, Idempotent: true,
	NewRequest:  func() proto.Message { return new(wrapperspb.StringValue) },
	NewResponse: func() proto.Message { return new(wrapperspb.UInt32Value) },
}

// statusServing is the one status with which an instance gets calls.
const statusServing = 1

// A healthFilter is a Discoverer that leaves out the instances of another
// which are not healthy. It makes a connection to each of them, over which it
// watches their health.
//
//	         SERVING, or UNIMPLEMENTED
//	unknown ───────────────────────────► serving ◄──┐
//	   │                                    │       │
//	   └── any other status, no connection ─┴► failing
type healthFilter struct {
	core    *clientCore
	next    discovery.Discoverer
	service string // whose health counts

	listed sync.Map // rpc.Address → struct{}: of all instances, healthy or not
}

// Watch implements [discovery.Discoverer].
func (f *healthFilter) Watch(ctx context.Context, service string, update func([]discovery.Instance)) error {
	ctx, cancel := context.WithCancel(ctx)
	w := &healthWatch{filter: f, ctx: ctx, update: update, of: map[rpc.Address]*healthOf{}, shown: map[rpc.Address]bool{}}
	defer w.stop()
	defer cancel()
	for failures := 1; ; failures++ {
		err := f.next.Watch(ctx, service, w.found)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			<-ctx.Done() // instances do not change any more, their health does
			return ctx.Err()
		case !w.knows():
			return err
		}
		// What is known stays, and goes on being watched.
		if bound := (bound{ctx: ctx, done: ctx.Done()}); bound.wait(nil, f.core.o.backoff.after(failures)) != nil {
			return ctx.Err()
		}
	}
}

// lists reports whether discovery lists an instance, healthy or not.
func (f *healthFilter) lists(a rpc.Address) bool {
	_, ok := f.listed.Load(a)
	return ok
}

// A healthWatch is one Watch of a healthFilter.
type healthWatch struct {
	filter *healthFilter
	ctx    context.Context
	update func([]discovery.Instance)
	all    sync.WaitGroup // goroutines, one an instance

	mu        sync.Mutex
	instances []discovery.Instance
	of        map[rpc.Address]*healthOf
	shown     map[rpc.Address]bool // addresses of the last update
	stopped   bool
}

// healthOf is what is known of an instance.
type healthOf struct {
	cancel         context.CancelFunc
	known, serving bool
}

func (w *healthWatch) knows() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.instances != nil
}

// found takes what discovery has found.
func (w *healthWatch) found(instances []discovery.Instance) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.instances = slices.Clip(instances)
	if instances == nil {
		w.instances = []discovery.Instance{}
	}
	left := map[rpc.Address]bool{}
	for _, in := range instances {
		left[in.Address] = true
		if w.of[in.Address] == nil {
			ctx, cancel := context.WithCancel(w.ctx)
			h := &healthOf{cancel: cancel}
			w.of[in.Address] = h
			w.filter.listed.Store(in.Address, struct{}{})
			w.all.Go(func() { w.run(ctx, in.Address, h) })
		}
	}
	for a, h := range w.of {
		if left[a] {
			continue
		}
		h.cancel()
		delete(w.of, a)
		w.filter.listed.Delete(a)
		if !w.shown[a] { // nobody else will hear that it is gone
			w.filter.core.peers.drop(a)
		}
	}
	w.show()
}

// show updates the instances that get calls, unless there is none and it is
// not known yet whether there will be. The caller holds mu.
func (w *healthWatch) show() {
	serving, unknown := []discovery.Instance{}, false
	for _, in := range w.instances {
		h := w.of[in.Address]
		if unknown = unknown || !h.known; h.serving {
			serving = append(serving, in)
		}
	}
	if w.stopped || len(serving) == 0 && unknown {
		return
	}
	clear(w.shown)
	for _, in := range serving {
		w.shown[in.Address] = true
	}
	w.update(serving)
}

// set notes what has become known of an instance.
func (w *healthWatch) set(h *healthOf, serving bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if h.known && h.serving == serving {
		return
	}
	h.known, h.serving = true, serving
	w.show()
}

// stop waits until nothing of the watch is left.
func (w *healthWatch) stop() {
	w.mu.Lock()
	w.stopped = true
	w.mu.Unlock()
	w.all.Wait()
}

// run watches the health of one instance until ctx is done.
func (w *healthWatch) run(ctx context.Context, a rpc.Address, h *healthOf) {
	core := w.filter.core
	for failures := 0; ctx.Err() == nil; failures++ {
		begun := time.Now()
		conn, heard, err := w.watch(ctx, a, h)
		if err == errGoing {
			// What it said last holds until another connection says more.
		} else if CodeOf(err) == Unimplemented && conn != nil {
			// It has no health to tell, as long as it is the same process.
			w.set(h, true)
			select {
			case <-conn.Done():
			case <-ctx.Done():
			}
		} else if ctx.Err() == nil {
			w.set(h, false)
		}
		if heard && time.Since(begun) > time.Second {
			failures = -1 // the next attempt is at once: what was lost may be back
			continue
		}
		until := bound{ctx: ctx, done: ctx.Done()}
		until.wait(nil, core.o.backoff.after(failures+1))
	}
}

// errGoing says that the peer drains the connection that a watch was on.
var errGoing = errors.New("the connection is going away")

// watch watches until the stream of statuses ends. It returns the connection
// that the stream was on and whether anything came on it. A server that shuts
// down need not wait for it.
func (w *healthWatch) watch(ctx context.Context, a rpc.Address, h *healthOf) (conn *http2.Client, heard bool, err error) {
	core := w.filter.core
	req := &Request{
		Info: rpc.Info{
			Role: rpc.Client, Service: methodWatch.Service, Method: methodWatch.Name, Idempotent: true,
			Caller: rpc.Endpoint{Service: core.o.caller}, Callee: rpc.Endpoint{Service: core.callee.Service, Address: a},
			Stats: rpc.Stats{Start: time.Now()},
		},
		Method: methodWatch, Message: wrapperspb.String(w.filter.service), parent: ctx,
	}
	resp, err := (*sender)(core).Call((*callContext)(req), req)
	if err != nil {
		return nil, false, err
	}
	s := resp.Stream
	conn = s.connection()
	var drained atomic.Bool
	over, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-conn.Going():
			drained.Store(conn.Err() == nil)
			s.Close()
		case <-over:
		}
	}()
	defer func() {
		close(over)
		<-watched
		s.Close()
	}()
	for {
		var status wrapperspb.UInt32Value
		if err := s.Recv(&status); err != nil {
			if heard && drained.Load() {
				return conn, heard, errGoing
			}
			return conn, heard, fmt.Errorf("health of %v: %w", a, err)
		}
		heard = true
		w.set(h, status.Value == statusServing)
	}
}
