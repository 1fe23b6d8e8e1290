package loadbalancetest

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// outcomes are all there are.
var outcomes = []rpc.Outcome{rpc.Answered, rpc.Unsent, rpc.Lost, rpc.Failed, rpc.Rejected, rpc.Canceled}

// tracker returns a Tracker of the subject, or skips the test.
func (s Subject) tracker(t *testing.T, instances []discovery.Instance) loadbalance.Tracker {
	tracker, ok := s.Balancer.Balance(instances).(loadbalance.Tracker)
	if !ok {
		t.Skip("its Picker is no Tracker")
	}
	return tracker
}

// renew returns the Picker that a loadbalance.Stage would use next.
func (s Subject) renew(before loadbalance.Picker, instances []discovery.Instance) loadbalance.Picker {
	if r, ok := before.(loadbalance.Renewer); ok {
		return r.Renew(instances)
	}
	return s.Balancer.Balance(instances)
}

// tracked makes calls of all outcomes while instances come and go. In the end
// nothing is under way.
func tracked(t *testing.T, s Subject) {
	shapes := [][]discovery.Instance{Instances(1, 2, 3, 4, 5), Instances(1, 2), nil, Instances(7, 2, 3)}
	var mu sync.Mutex
	var current loadbalance.Picker = s.tracker(t, shapes[0])
	size := len(shapes[0])
	pickers, sizes := []loadbalance.Picker{current}, []int{size}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 500 {
				mu.Lock()
				tracker, size := current.(loadbalance.Tracker), size
				mu.Unlock()
				i, err := tracker.Pick(s.context(t, g*500+n), nil)
				if size == 0 {
					continue
				}
				if err != nil || i < 0 || i >= size {
					t.Errorf("got %d, %v of %d instances, want an index", i, err, size)
					return
				}
				tracker.Begin(i)
				tracker.End(i, time.Duration(n%5)*time.Millisecond, outcomes[n%len(outcomes)])
			}
		})
	}
	for n := range 40 {
		mu.Lock()
		instances := shapes[n%len(shapes)]
		current, size = s.renew(current, instances), len(instances)
		mu.Unlock()
		pickers, sizes = append(pickers, current), append(sizes, size)
	}
	wg.Wait()
	for k, p := range append(pickers, s.renew(current, shapes[0])) {
		for i := range append(sizes, len(shapes[0]))[k] {
			if got := outstanding(p, i); got != 0 {
				t.Errorf("got %d calls under way at instance %d after all have ended, want none", got, i)
			}
		}
	}
}

// outstanding returns what p says is under way at instance i, 0 if it does not.
func outstanding(p loadbalance.Picker, i int) int64 {
	var state loadbalance.State
	if p, ok := p.(loadbalance.Inspector); ok {
		p.Inspect(i, &state)
	}
	return state.Outstanding
}

func hearing(t *testing.T, s Subject) {
	tracker := s.tracker(t, Instances(1, 2, 3))
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, outcome := range []rpc.Outcome{rpc.Answered, rpc.Rejected, rpc.Canceled} {
		if got := testing.AllocsPerRun(100, func() {
			tracker.Begin(1)
			tracker.End(1, time.Millisecond, outcome)
		}); got != 0 {
			t.Errorf("got %v allocations of a call that was %v, want none", got, outcome)
		}
	}
}

// failing lets all calls fail, in every way, and looks who can be picked.
func failing(t *testing.T, s Subject) {
	const n = 5
	tracker := s.tracker(t, Instances(slices.Repeat([]int{10}, n)...))
	for _, outcome := range outcomes {
		for range 200 {
			i, err := tracker.Pick(s.context(t, rand.IntN(1000)), nil)
			if err != nil {
				t.Fatalf("got %v after calls that were %v, want an instance", err, outcome)
			}
			tracker.Begin(i)
			tracker.End(i, time.Millisecond, outcome)
		}
		var tried loadbalance.Tried
		for range n {
			i, err := tracker.Pick(s.context(t, 0), tried)
			if err != nil || tried.Has(i) {
				t.Fatalf("got %d, %v with %v tried, after calls that were %v, want another instance", i, err, tried, outcome)
			}
			tried = append(tried, i)
		}
	}
}

// renewed begins calls, lets other instances come, and ends the calls with the
// Picker that has picked.
func renewed(t *testing.T, s Subject) {
	before := Instances(10, 10, 10)
	old := s.tracker(t, before)
	for i := range before {
		old.Begin(i)
	}
	after := Instances(10, 20, 10, 10)
	slices.Reverse(after)
	young := s.renew(old, after)
	for i, in := range after {
		k := slices.IndexFunc(before, func(b discovery.Instance) bool { return b.Address == in.Address })
		if k < 0 {
			continue
		}
		if got, want := outstanding(young, i), outstanding(old, k); got != want {
			t.Errorf("%v: got %d calls under way after a change, want %d as before", in.Address, got, want)
		}
	}
	for i := range before {
		old.End(i, time.Millisecond, rpc.Answered)
	}
	for i, in := range after {
		if got := outstanding(young, i); got != 0 {
			t.Errorf("%v: got %d calls under way after all have ended, want none", in.Address, got)
		}
	}
	for n := range 100 {
		if i, err := young.Pick(s.context(t, n), nil); err != nil || i < 0 || i >= len(after) {
			t.Fatalf("got %d, %v of %d instances, want an index", i, err, len(after))
		}
	}
}
