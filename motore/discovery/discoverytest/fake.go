package discoverytest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A Fake is a discovery.Discoverer that says what a test tells it, and a
// discovery.Registrar of the same instances. The zero value knows no instances
// of any service. It may be used from any goroutine.
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

// Fail ends all watches of service with err, and those to come, until Set. So
// it does with registrations, which are lost.
func (f *Fake) Fail(service string, err error) {
	f.replace(service, nil, err)
}

// Register implements discovery.Registrar.
func (f *Fake) Register(ctx context.Context, service string, instance discovery.Instance) error {
	defer func() {
		if !errors.Is(context.Cause(ctx), discovery.ErrHandedOver) {
			f.take(service, instance.Address)
		}
	}()
	for ctx.Err() == nil {
		s := f.put(service, instance)
		if s.err != nil {
			return s.err
		}
		select {
		case <-s.next:
		case <-ctx.Done():
		}
	}
	return nil
}

// put makes sure that service has instance, unless it is failed, and returns
// its state.
func (f *Fake) put(service string, instance discovery.Instance) *state {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.locked(service)
	change := discovery.Diff(s.instances, []discovery.Instance{instance})
	if s.err != nil || len(change.Added)+len(change.Updated) == 0 {
		return s
	}
	return f.exchange(service, append(s.without(instance.Address), instance), nil)
}

func (f *Fake) take(service string, address rpc.Address) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.locked(service)
	if rest := s.without(address); len(rest) < len(s.instances) {
		f.exchange(service, rest, nil)
	}
}

func (s *state) without(address rpc.Address) []discovery.Instance {
	return slices.DeleteFunc(slices.Clone(s.instances), func(in discovery.Instance) bool { return in.Address == address })
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
	f.exchange(service, instances, err)
}

// exchange makes a new state the one of service; f.mu is held.
func (f *Fake) exchange(service string, instances []discovery.Instance, err error) *state {
	old := f.locked(service)
	fresh := &state{instances, err, make(chan struct{})}
	f.states[service] = fresh
	close(old.next)
	return fresh
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
