package loadbalance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/discovery"
)

// The pause after a watch failed: doubled from one failure to the next, up to
// a bound, until a snapshot arrives. A random half of it is left out.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 30 * time.Second
)

// A snapshot is what one state of a service is picked from. Immutable.
type snapshot struct {
	instances []discovery.Instance
	picker    told
}

func newSnapshot(b Balancer, before Picker, instances []discovery.Instance) *snapshot {
	return &snapshot{instances, tell(renew(b, before, instances))}
}

// state returns what is known of the instances, in their order.
func (s *snapshot) state() []State {
	states := make([]State, len(s.instances))
	for i, in := range s.instances {
		states[i].Instance = in
		inspect(s.picker.Picker, i, &states[i])
	}
	return states
}

// A service is the watch of one service and what it has found.
//
//	waiting ──snapshot──► current ──snapshot, failure──► current
//	   │                     ▲
//	failure               snapshot
//	   ▼                     │
//	without ─────────────────┘
//
// Calls wait while it is waiting, fail at once while it is without, and never
// wait again once there is a snapshot: a watch that fails later keeps it.
type service struct {
	name       string
	discoverer discovery.Discoverer
	balancer   Balancer
	changed    func(string, discovery.Change)

	current atomic.Pointer[snapshot]
	failure atomic.Pointer[error] // why there is no snapshot
	settled chan struct{}         // closed by the first snapshot or failure
	settle  sync.Once
}

func newService(name string, d discovery.Discoverer, b Balancer, changed func(string, discovery.Change)) *service {
	return &service{
		name: name, discoverer: d, balancer: b, changed: changed,
		settled: make(chan struct{}),
	}
}

// wait returns the first snapshot. It does not wait longer than until the
// first failure: a registry that is out of reach fails calls at once.
func (s *service) wait(ctx context.Context) (*snapshot, error) {
	select {
	case <-s.settled:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for its instances: %w", ctx.Err())
	}
	if snap := s.current.Load(); snap != nil {
		return snap, nil
	}
	return nil, *s.failure.Load()
}

// fail says why there is no snapshot yet; harmless if there is one.
func (s *service) fail(err error) {
	s.failure.Store(&err)
	s.settle.Do(func() { close(s.settled) })
}

// run watches until ctx is done or nothing can change any more.
func (s *service) run(ctx context.Context) {
	pause := firstPause
	for {
		err := s.discoverer.Watch(ctx, s.name, func(instances []discovery.Instance) {
			pause = firstPause
			s.update(instances)
		})
		switch {
		case ctx.Err() != nil:
			s.fail(ErrClosed)
			return
		case err == nil:
			s.fail(fmt.Errorf("%w: its watch ended without an answer", ErrNoInstance))
			return
		}
		s.fail(fmt.Errorf("%w: watching it failed: %w", ErrNoInstance, err))
		select {
		case <-time.After(pause/2 + rand.N(pause/2)):
		case <-ctx.Done():
		}
		pause = min(2*pause, maxPause)
	}
}

// update swaps the snapshot. Calls under way finish on theirs.
func (s *service) update(instances []discovery.Instance) {
	instances = usable(instances)
	before := s.current.Load()
	if before == nil {
		before = &snapshot{}
	}
	change := discovery.Diff(before.instances, instances)
	if !change.IsZero() || before.picker.Picker == nil {
		s.current.Store(newSnapshot(s.balancer, before.picker.Picker, instances))
	}
	s.settle.Do(func() { close(s.settled) })
	if s.changed != nil && !change.IsZero() {
		s.changed(s.name, change)
	}
}

// usable returns the instances that may be picked, as [Balancer] wants them.
func usable(instances []discovery.Instance) []discovery.Instance {
	out := make([]discovery.Instance, 0, len(instances))
	for _, in := range instances {
		if in.Weight < 0 {
			continue
		}
		if in.Weight == 0 {
			in.Weight = discovery.DefaultWeight
		}
		in.Weight = min(in.Weight, discovery.MaxWeight)
		out = append(out, in)
	}
	return discovery.Distinct(out)
}
