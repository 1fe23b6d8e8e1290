package metainfo_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/volo-go/volo/metainfo"
)

func TestSendingWithoutACall(t *testing.T) {
	if metainfo.SendBackward(t.Context(), "A", "1") {
		t.Error("sent outside a handler")
	}
	if metainfo.SendBackward(metainfo.WithBackward(t.Context()), "A", "1") {
		t.Error("sent from the caller's side")
	}
	handler := context.WithValue(t.Context(), metainfo.SendKey, new(metainfo.BackwardCell))
	if metainfo.SendBackward(handler, "", "1") {
		t.Error("sent without a key")
	}
	if _, ok := metainfo.Backward(t.Context(), "A"); ok {
		t.Error("received where there is no room")
	}
	metainfo.ReceiveCell(t.Context()).Set("A", "1") // no room, no panic
}

func TestReceivingHeaders(t *testing.T) {
	var c metainfo.BackwardCell
	for _, h := range []struct {
		name  string
		http  bool
		taken bool
	}{
		{"RPC_BACKWARD_A", false, true},
		{"RPC_BACKWARD_", false, true},
		{"bare", false, false},
		{"RPC_PERSIST_A", false, false},
		{"rpc-backward-b-c", true, true},
		{"Rpc-Backward-D", true, true},
		{"content-type", true, false},
	} {
		receive := c.Receive
		if h.http {
			receive = c.ReceiveHTTP
		}
		if got := receive(h.name, "v"); got != h.taken {
			t.Errorf("%s: got taken %v, want %v", h.name, got, h.taken)
		}
	}
	got := slices.Sorted(maps.Keys(maps.Collect(c.All())))
	if want := []string{"A", "B_C", "D"}; !slices.Equal(got, want) {
		t.Errorf("got keys %v, want %v", got, want)
	}
}

// TestCellIsConcurrent is for the race detector; in the end each key has the
// last value of some writer.
// However many values there are, the last one of a key counts, in the place of
// the first, and who reads sees what was there.
func TestACellOfManyValues(t *testing.T) {
	for _, n := range []int{1, 15, 16, 17, 1000} {
		var cell metainfo.BackwardCell
		key := func(i int) string { return fmt.Sprint("k", i) }
		for i := range n {
			cell.Set(key(i), "old")
		}
		before := cell.All()
		for i := range n + 1 {
			cell.Set(key(i), "new")
			cell.Set(key(i), key(i))
		}
		i := 0
		for k, v := range cell.All() {
			if k != key(i) || v != k {
				t.Errorf("%d values: number %d is %s: %s", n, i, k, v)
			}
			i++
		}
		if i != n+1 || cell.Len() != n+1 {
			t.Errorf("%d values, want %d", i, n+1)
		}
		for k, v := range before {
			if v != "old" {
				t.Errorf("%d values: who had begun to read sees %s: %s", n, k, v)
			}
		}
	}
}

// A value costs the same however many there are: a peer may send any number.
func TestSettingAValueCopiesNoOthers(t *testing.T) {
	var cell metainfo.BackwardCell
	for i := range 1000 {
		cell.Set(fmt.Sprint("k", i), "v")
	}
	cell.Len() // somebody has read
	cell.Set("k1", "w")
	if n := testing.AllocsPerRun(100, func() { cell.Set("k1", "x") }); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestCellIsConcurrent(t *testing.T) {
	var c metainfo.BackwardCell
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := range 200 {
				c.Set(fmt.Sprint("K", n%7), fmt.Sprint(g))
				for k, v := range c.All() {
					if k == "" || v == "" {
						t.Errorf("got %q=%q, want whole values", k, v)
					}
				}
			}
		})
	}
	wg.Wait()
	if c.Len() != 7 {
		t.Errorf("got %d keys, want 7", c.Len())
	}
}
