package main

import (
	"context"
	"sync"

	"github.com/volo-go/volo/motore/discovery"
)

// A registry is a discoverer that knows what it is told, of one service. It
// must be made by newRegistry.
type registry struct {
	mu        sync.Mutex
	instances []discovery.Instance
	changed   chan struct{} // closed when instances are no longer true
}

func newRegistry() *registry { return &registry{changed: make(chan struct{})} }

// Set makes these the instances.
func (r *registry) Set(instances ...discovery.Instance) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.instances = discovery.Distinct(instances)
	close(r.changed)
	r.changed = make(chan struct{})
}

// Watch implements discovery.Discoverer: it says what is, and then again
// whenever that changes.
func (r *registry) Watch(ctx context.Context, service string, update func([]discovery.Instance)) error {
	for {
		r.mu.Lock()
		instances, changed := r.instances, r.changed
		r.mu.Unlock()
		update(instances)
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
