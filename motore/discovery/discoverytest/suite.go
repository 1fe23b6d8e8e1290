// Package discoverytest checks that a discovery.Discoverer or a
// discovery.Registrar keeps its law, and has a [Fake] one for tests of what
// watches or registers.
//
// A Discoverer of one's own passes the suite like this:
//
//	func TestConformance(t *testing.T) {
//		discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
//			registry := startRegistry(t)
//			return discoverytest.Subject{
//				Discoverer: mydiscovery.New(registry.Addr()),
//				Service:    "shop.item",
//				Set:        registry.replaceAll,
//			}
//		})
//	}
//
// and a Registrar with [RunRegistrar] in the same way.
package discoverytest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A Subject is a Discoverer under test and the means to test it.
type Subject struct {
	Discoverer discovery.Discoverer
	Service    string // a service that it knows

	// Set makes these the instances of Service, wherever the Discoverer looks.
	// Nil says that instances never change; then they are Initial.
	Set     func(t *testing.T, instances []discovery.Instance)
	Initial []discovery.Instance

	// Patience is how long a change may take to arrive; zero stands for ten
	// seconds.
	Patience time.Duration

	// AddressOnly says that weights and tags get lost on the way.
	AddressOnly bool
}

// Run tests what open returns; it is called once for each part of the suite.
func Run(t *testing.T, open func(t *testing.T) Subject) {
	static := open(t).Set == nil
	for _, part := range []struct {
		name  string
		needs bool // needs Set
		run   func(t *testing.T, s Subject)
	}{
		{"the first snapshot is the present state", false, firstSnapshot},
		{"resolving gives the present state", false, resolve},
		{"each address is there once", false, distinct},
		{"a watch ends with its context", false, endsWithContext},
		{"a watch whose context is done ends at once", false, endsAtOnce},
		{"watches do not disturb each other", false, severalWatches},
		{"changes arrive", true, changesArrive},
		{"an empty list arrives", true, emptyArrives},
		{"a snapshot is never changed later", true, snapshotsStay},
		{"the last of many changes wins", true, lastWins},
		{"a change during the first snapshot is not lost", true, changeDuringUpdate},
	} {
		t.Run(part.name, func(t *testing.T) {
			if part.needs && static {
				t.Skip("instances never change")
			}
			s := open(t)
			if s.Patience == 0 {
				s.Patience = 10 * time.Second
			}
			part.run(t, s)
		})
	}
}

func firstSnapshot(t *testing.T, s Subject) {
	want := s.present(t, 3)
	s.watch(t).expect(want)
}

func resolve(t *testing.T, s Subject) {
	want := s.present(t, 3)
	ctx, cancel := context.WithTimeout(t.Context(), s.Patience)
	defer cancel()
	got, err := discovery.Resolve(ctx, s.Discoverer, s.Service)
	if err != nil || !s.same(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func distinct(t *testing.T, s Subject) {
	want := s.present(t, 3)
	w := s.watch(t)
	for _, snapshot := range w.expect(want) {
		seen := map[rpc.Address]bool{}
		for _, in := range snapshot {
			if seen[in.Address] || in.Address.IsZero() {
				t.Errorf("got address %q twice or zero in %v", in.Address, snapshot)
			}
			seen[in.Address] = true
		}
	}
}

func endsWithContext(t *testing.T, s Subject) {
	want := s.present(t, 2)
	w := s.watch(t)
	w.expect(want)
	w.stop()
	final := s.Set == nil // then Watch may have returned nil long before
	if err := w.end(); !errors.Is(err, context.Canceled) && !(final && err == nil) {
		t.Errorf("got %v from Watch, want an error that wraps context.Canceled", err)
	}
	if s.Set != nil {
		s.Set(t, some(0, 1))
	}
	if n := w.late(); n > 0 {
		t.Errorf("got %d updates after Watch had returned, want none", n)
	}
}

func endsAtOnce(t *testing.T, s Subject) {
	s.present(t, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := s.watchWith(t, ctx, nil)
	if err := w.end(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v from Watch, want an error that wraps context.Canceled", err)
	}
}

func severalWatches(t *testing.T, s Subject) {
	want := s.present(t, 3)
	one, two := s.watch(t), s.watch(t)
	one.expect(want)
	two.expect(want)
	one.stop()
	one.end()
	if s.Set != nil {
		want = some(1, 5)
		s.Set(t, want)
	}
	two.expect(want)
}

func changesArrive(t *testing.T, s Subject) {
	s.Set(t, some(0, 2))
	w := s.watch(t)
	w.expect(some(0, 2))
	for _, c := range []struct {
		what string
		now  []discovery.Instance
	}{
		{"added", some(0, 4)},
		{"removed", some(2, 4)},
		{"replaced", some(7, 9)},
		{"weights changed", heavier(some(7, 9))},
		{"back again", some(0, 2)},
	} {
		s.Set(t, c.now)
		t.Log(c.what)
		w.expect(c.now)
	}
}

func emptyArrives(t *testing.T, s Subject) {
	s.Set(t, some(0, 2))
	w := s.watch(t)
	w.expect(some(0, 2))
	s.Set(t, nil)
	w.expect(nil)
	s.Set(t, some(0, 1))
	w.expect(some(0, 1))
}

func snapshotsStay(t *testing.T, s Subject) {
	s.Set(t, some(0, 3))
	w := s.watch(t)
	first := w.expect(some(0, 3))
	kept := first[len(first)-1]
	s.Set(t, some(3, 6))
	w.expect(some(3, 6))
	if !s.same(kept, some(0, 3)) {
		t.Errorf("got the first snapshot changed to %v, want %v", kept, some(0, 3))
	}
}

func lastWins(t *testing.T, s Subject) {
	s.Set(t, some(0, 1))
	watches := []*watch{s.watch(t), s.watch(t), s.watch(t)}
	for _, w := range watches {
		w.expect(some(0, 1))
	}
	for n := range 50 {
		s.Set(t, some(0, 1+n%7))
	}
	s.Set(t, some(2, 9))
	for _, w := range watches {
		w.expect(some(2, 9))
	}
	// Nothing older may come after it.
	s.Set(t, some(3, 9))
	for _, w := range watches {
		for _, snapshot := range w.expect(some(3, 9)) {
			if !s.same(snapshot, some(2, 9)) && !s.same(snapshot, some(3, 9)) {
				t.Errorf("got %v after the last change, want no older state", snapshot)
			}
		}
	}
}

func changeDuringUpdate(t *testing.T, s Subject) {
	s.Set(t, some(0, 1))
	var once sync.Once
	w := s.watchWith(t, t.Context(), func() {
		once.Do(func() { s.Set(t, some(1, 4)) })
	})
	w.expect(some(1, 4))
}

// present makes n instances the present state, if it can be set.
func (s Subject) present(t *testing.T, n int) []discovery.Instance {
	if s.Set == nil {
		return s.Initial
	}
	s.Set(t, some(0, n))
	return some(0, n)
}

func (s Subject) same(got, want []discovery.Instance) bool {
	c := discovery.Diff(got, want)
	if s.AddressOnly {
		c.Updated = nil
	}
	return c.IsZero() && len(got) == len(want)
}

// some returns the instances from up to, without, to, each with an address
// and a weight of its own.
func some(from, to int) []discovery.Instance {
	var instances []discovery.Instance
	for i := from; i < to; i++ {
		instances = append(instances, discovery.Instance{
			Address: rpc.TCP(fmt.Sprintf("192.0.2.%d:8080", i+1)),
			Weight:  i + 1,
		})
	}
	return instances
}

func heavier(instances []discovery.Instance) []discovery.Instance {
	for i := range instances {
		instances[i].Weight *= 2
	}
	return instances
}
