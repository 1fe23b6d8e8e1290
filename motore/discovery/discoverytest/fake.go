package discoverytest

import (
	"context"
	"slices"
	"sync"

	"github.com/volo-go/volo/motore/discovery"
)

// A Fake is a discovery.Discoverer that says what a test tells it. The zero
// value knows no instances of any service. It may be used from any goroutine.
type Fake struct {
	mu       sync.Mutex
	states   map[string]*state
	watching int
}

// A state is one version of what a service looks like. It is replaced, never
// changed; next is closed when it is.
type state struct {
	instances []discovery.Instance
	err       error
	next      chan struct{}
}

// Set makes these the instances of service. Watchers are told; those that
// are busy find only the last of several states.
func (f *Fake) Set(service string, instances ...discovery.Instance) {
	f.replace(service, discovery.Distinct(slices.Clone(instances)), nil)
}

// Fail ends all watches of service with err, and those to come, until Set.
func (f *Fake) Fail(service string, err error) {
	f.replace(service, nil, err)
}

// Watching returns how many calls of Watch have not returned.
func (f *Fake) Watching() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.watching
}

// Watch implements discovery.Discoverer.
func (f *Fake) Watch(ctx context.Context, service string, update func([]discovery.Instance)) error {
	f.count(+1)
	defer f.count(-1)
	for ctx.Err() == nil {
		s := f.state(service)
		if s.err != nil {
			return s.err
		}
		update(s.instances)
		select {
		case <-s.next:
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}

func (f *Fake) count(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watching += n
}

func (f *Fake) replace(service string, instances []discovery.Instance, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.locked(service)
	f.states[service] = &state{instances, err, make(chan struct{})}
	close(old.next)
}

func (f *Fake) state(service string) *state {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.locked(service)
}

// locked returns the state of service; f.mu is held.
func (f *Fake) locked(service string) *state {
	if f.states == nil {
		f.states = make(map[string]*state)
	}
	if f.states[service] == nil {
		f.states[service] = &state{next: make(chan struct{})}
	}
	return f.states[service]
}
