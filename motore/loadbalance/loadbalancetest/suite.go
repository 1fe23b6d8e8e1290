// Package loadbalancetest checks that a loadbalance.Balancer keeps its law.
package loadbalancetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// A Subject is a Balancer under test.
type Subject struct {
	Balancer loadbalance.Balancer

	// Context prepares the context of the n-th call, for example with a key
	// to hash; nil if the Balancer needs nothing.
	Context func(ctx context.Context, n int) context.Context
}

// Run tests s, and its Pickers as far as they are more than that: a
// loadbalance.Tracker, a Renewer, an Inspector.
func Run(t *testing.T, s Subject) {
	for _, part := range []struct {
		name string
		run  func(t *testing.T, s Subject)
	}{
		{"no instance is an error", empty},
		{"the only instance is picked", single},
		{"failing over reaches each instance once", exhaust},
		{"calls from many goroutines", concurrent},
		{"a first pick allocates nothing", allocations},
		{"the instances are not changed", untouched},
		{"pickers of several snapshots do not disturb each other", independent},
		{"calls begin and end on many goroutines", tracked},
		{"hearing of calls allocates nothing", hearing},
		{"failures take no instance away for good", failing},
		{"other instances, the same calls under way", renewed},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, s) })
	}
}

// Instances returns one instance for each weight, with addresses of their own.
func Instances(weights ...int) []discovery.Instance {
	instances := make([]discovery.Instance, len(weights))
	for i, w := range weights {
		instances[i] = discovery.Instance{
			Address: rpc.TCP(fmt.Sprintf("192.0.%d.%d:8080", 2+i/256, i%256)),
			Weight:  w,
		}
	}
	return instances
}

// shapes are weights worth trying.
var shapes = [][]int{
	{1, 1},
	{10, 10, 10},
	{5, 1, 1},
	{1, 2, 3, 4, 5, 6, 7},
	{discovery.MaxWeight, 1, 1},
	slices.Repeat([]int{10}, 100),
}

func (s Subject) context(t *testing.T, n int) context.Context {
	if s.Context == nil {
		return t.Context()
	}
	return s.Context(t.Context(), n)
}

func empty(t *testing.T, s Subject) {
	for _, none := range [][]discovery.Instance{nil, {}} {
		if i, err := s.Balancer.Balance(none).Pick(s.context(t, 0), nil); !errors.Is(err, loadbalance.ErrNoInstance) {
			t.Errorf("got %d, %v, want ErrNoInstance", i, err)
		}
	}
}

func single(t *testing.T, s Subject) {
	picker := s.Balancer.Balance(Instances(3))
	for n := range 10 {
		if i, err := picker.Pick(s.context(t, n), nil); i != 0 || err != nil {
			t.Errorf("got %d, %v, want 0", i, err)
		}
		if i, err := picker.Pick(s.context(t, n), loadbalance.Tried{0}); !errors.Is(err, loadbalance.ErrNoInstance) {
			t.Errorf("got %d, %v once it was tried, want ErrNoInstance", i, err)
		}
	}
}

func exhaust(t *testing.T, s Subject) {
	for _, weights := range shapes {
		picker := s.Balancer.Balance(Instances(weights...))
		for n := range 20 {
			var tried loadbalance.Tried
			for range weights {
				i, err := picker.Pick(s.context(t, n), tried)
				if err != nil || i < 0 || i >= len(weights) || tried.Has(i) {
					t.Fatalf("weights %v: got %d, %v after %v, want another index", weights, i, err, tried)
				}
				tried = append(tried, i)
			}
			if i, err := picker.Pick(s.context(t, n), tried); !errors.Is(err, loadbalance.ErrNoInstance) {
				t.Fatalf("weights %v: got %d, %v after all were tried, want ErrNoInstance", weights, i, err)
			}
		}
	}
}

func concurrent(t *testing.T, s Subject) {
	picker := s.Balancer.Balance(Instances(1, 2, 3))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 500 {
				first, err := picker.Pick(s.context(t, g*500+n), nil)
				if err != nil || first < 0 || first > 2 {
					t.Errorf("got %d, %v, want an index", first, err)
				}
				second, err := picker.Pick(s.context(t, g*500+n), loadbalance.Tried{first})
				if err != nil || second < 0 || second > 2 || second == first {
					t.Errorf("got %d, %v after %d, want another index", second, err, first)
				}
			}
		})
	}
	wg.Wait()
}

func allocations(t *testing.T, s Subject) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, weights := range shapes {
		picker, ctx := s.Balancer.Balance(Instances(weights...)), s.context(t, 0)
		if got := testing.AllocsPerRun(100, func() { picker.Pick(ctx, nil) }); got != 0 {
			t.Errorf("weights %v: got %v allocations, want none", weights, got)
		}
	}
}

func untouched(t *testing.T, s Subject) {
	for _, weights := range shapes {
		instances := Instances(weights...)
		picker := s.Balancer.Balance(instances)
		for n := range 20 {
			picker.Pick(s.context(t, n), nil)
		}
		if !slices.EqualFunc(instances, Instances(weights...), equal) {
			t.Errorf("weights %v: got the instances changed to %v", weights, instances)
		}
	}
}

func equal(a, b discovery.Instance) bool {
	return a.Address == b.Address && a.Weight == b.Weight && maps.Equal(a.Tags, b.Tags)
}

// independent picks from an old snapshot after a new one was balanced, as
// calls do that are under way when instances change.
func independent(t *testing.T, s Subject) {
	old := s.Balancer.Balance(Instances(1, 1, 1, 1, 1, 1, 1, 1))
	young := s.Balancer.Balance(Instances(1))
	for n := range 1000 {
		i, err := old.Pick(s.context(t, n), nil)
		if err != nil || i < 0 || i > 7 {
			t.Fatalf("got %d, %v from the old one, want an index up to 7", i, err)
		}
		if i, err := young.Pick(s.context(t, n), nil); i != 0 || err != nil {
			t.Fatalf("got %d, %v from the new one, want 0", i, err)
		}
	}
	var tried loadbalance.Tried
	for range 8 {
		i, err := old.Pick(s.context(t, 0), tried)
		if err != nil || i < 0 || i > 7 || tried.Has(i) {
			t.Fatalf("got %d, %v from the old one after %v, want another index", i, err, tried)
		}
		tried = append(tried, i)
	}
}
