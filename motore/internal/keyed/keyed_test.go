package keyed_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/volo-go/volo/motore/internal/keyed"
)

type value struct {
	key  int
	busy atomic.Bool
}

func terms(max int) *keyed.Terms[int, value] {
	return &keyed.Terms[int, value]{
		Max:  max,
		New:  func(key int) *value { return &value{key: key} },
		Idle: func(v *value) bool { return !v.busy.Load() },
	}
}

func TestAKeyHasOneValue(t *testing.T) {
	const keys = 1000
	var m keyed.Map[int, value]
	on := terms(keys + 1)
	var found [8][keys]*value
	var wg sync.WaitGroup
	for g := range found {
		wg.Go(func() {
			for i := range keys {
				found[g][i] = m.Find(i, on)
			}
		})
	}
	wg.Wait()
	for i := range keys {
		for g := range found {
			if v := found[g][i]; v == nil || v.key != i || v != found[0][i] || v != m.Find(i, on) {
				t.Fatalf("key %d: got %v, want the one value that it has", i, v)
			}
		}
	}
	seen := 0
	for key, v := range m.All() {
		if seen++; v != found[0][key] {
			t.Errorf("All has %v for %d, want %v", v, key, found[0][key])
		}
	}
	if seen != keys {
		t.Errorf("All has %d values, want %d", seen, keys)
	}
}

func TestTheNumberOfValuesIsBounded(t *testing.T) {
	const max = 100
	var m keyed.Map[int, value]
	on := terms(max)
	for i := range max {
		m.Find(i, on).busy.Store(true)
	}
	for i := range 3 * max {
		if v := m.Find(max+i, on); v != nil {
			t.Fatalf("got %v beside %d that are in use, want none", v, max)
		}
	}
	m.Find(7, on).busy.Store(false)
	var got *value
	for i := 0; i < 2*max && got == nil; i++ {
		got = m.Find(max, on)
	}
	if got == nil {
		t.Fatal("what is idle makes no room")
	}
	for i := range max {
		if i != 7 && m.Find(i, on).key != i {
			t.Errorf("%d was in use and is forgotten", i)
		}
	}
}

func TestFindingAllocatesNothing(t *testing.T) {
	type key struct{ a, b, c string }
	var m keyed.Map[key, value]
	on := &keyed.Terms[key, value]{Max: 10, New: func(key) *value { return new(value) }, Idle: func(*value) bool { return false }}
	k := key{"a", "b", "c"}
	if got := testing.AllocsPerRun(1000, func() { m.Find(k, on) }); got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}
