package loadbalance_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/loadbalance/loadbalancetest"
	"github.com/volo-go/volo/motore/rpc"
)

// placement returns the address that each of n keys goes to.
func placement(t *testing.T, instances []discovery.Instance, n int) []rpc.Address {
	t.Helper()
	var at uint64
	picker := loadbalance.Consistent{
		Key: func(context.Context) (uint64, bool) { return at, true },
	}.Balance(instances)
	places := make([]rpc.Address, n)
	for k := range places {
		at = loadbalance.Hash(strconv.Itoa(k))
		i, err := picker.Pick(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		places[k] = instances[i].Address
	}
	return places
}

func TestPlacementIsStable(t *testing.T) {
	instances := loadbalancetest.Instances(1, 10, 20, 10, 15)
	want := placement(t, instances, 1000)
	shuffled := append([]discovery.Instance(nil), instances...)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	got := placement(t, shuffled, 1000)
	for k := range want {
		if got[k] != want[k] {
			t.Fatalf("got key %d on %v with the instances in another order, want %v", k, got[k], want[k])
		}
	}
	// Other processes, of other versions, must agree.
	for k, want := range map[int]string{0: "192.0.2.2:8080", 1: "192.0.2.1:8080", 2: "192.0.2.3:8080"} {
		if got := got[k].String(); got != want {
			t.Errorf("got key %d on %v, want %v as ever", k, got, want)
		}
	}
}

func TestHashIsTheSameEverywhere(t *testing.T) {
	for s, want := range map[string]uint64{
		"":          0xf52a15e9a9b5e89b,
		"a":         0x2c0bdbf481420f8,
		"shop.item": 0x366a5231024767af,
	} {
		if got := loadbalance.Hash(s); got != want {
			t.Errorf("got hash %#x of %q, want %#x", got, s, want)
		}
	}
}

// TestDisruption counts the keys that move when the instances change, and
// those that need not have.
func TestDisruption(t *testing.T) {
	const keys = 50_000
	ten := loadbalancetest.Instances(10, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	eleven := loadbalancetest.Instances(10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	heavy := loadbalancetest.Instances(20, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	for _, c := range []struct {
		what          string
		before, after []discovery.Instance
		changed       rpc.Address // the only one that may gain or lose
		fair          float64     // the part of keys that must move
	}{
		{"nothing", ten, ten, rpc.Address{}, 0},
		{"one of eleven goes", eleven, ten, eleven[10].Address, 1. / 11},
		{"an eleventh comes", ten, eleven, eleven[10].Address, 1. / 11},
		{"a weight doubles", ten, heavy, heavy[0].Address, 2./11 - 1./10},
		{"a weight halves", heavy, ten, heavy[0].Address, 2./11 - 1./10},
	} {
		before, after := placement(t, c.before, keys), placement(t, c.after, keys)
		moved, needless := 0, 0
		for k := range before {
			if before[k] == after[k] {
				continue
			}
			moved++
			if before[k] != c.changed && after[k] != c.changed {
				needless++
			}
		}
		part := float64(moved) / keys
		t.Logf("%s: %.2f%% of the keys move, %.2f%% would be fair", c.what, 100*part, 100*c.fair)
		if needless != 0 {
			t.Errorf("%s: got %d keys moved between instances that stayed, want none", c.what, needless)
		}
		if part > 1.4*c.fair || part < .6*c.fair {
			t.Errorf("%s: got %.2f%% of the keys moved, want about %.2f%%", c.what, 100*part, 100*c.fair)
		}
	}
}

func TestFailingOverIsConsistentToo(t *testing.T) {
	instances := loadbalancetest.Instances(10, 10, 10, 10, 10)
	picker := loadbalance.Consistent{}.Balance(instances)
	next := map[int]bool{}
	for k := range 200 {
		ctx := loadbalance.WithKey(t.Context(), strconv.Itoa(k))
		first, _ := picker.Pick(ctx, nil)
		second, _ := picker.Pick(ctx, loadbalance.Tried{first})
		if again, err := picker.Pick(ctx, loadbalance.Tried{first}); err != nil || again != second {
			t.Errorf("key %d: got %d, %v the second time, want %d", k, again, err, second)
		}
		// It goes where it would go if the first instance were not there.
		rest := append(append([]discovery.Instance(nil), instances[:first]...), instances[first+1:]...)
		i, _ := loadbalance.Consistent{}.Balance(rest).Pick(ctx, nil)
		if rest[i].Address != instances[second].Address {
			t.Errorf("key %d: got %v, want %v", k, instances[second].Address, rest[i].Address)
		}
		if first == 0 {
			next[second] = true
		}
	}
	if len(next) < 3 {
		t.Errorf("got the keys of a failed instance on %v only, want them spread", next)
	}
}

func TestKeys(t *testing.T) {
	type user struct{}
	fromUser := func(ctx context.Context) (uint64, bool) {
		name, ok := ctx.Value(user{}).(string)
		return loadbalance.Hash(name), ok
	}
	keyed := loadbalance.WithKey(t.Context(), "ada")
	named := context.WithValue(t.Context(), user{}, "ada")
	instances := loadbalancetest.Instances(10, 10, 10, 10)
	want, _ := loadbalance.Consistent{}.Balance(instances).Pick(keyed, nil)
	for _, c := range []struct {
		what string
		key  func(context.Context) (uint64, bool)
		ctx  context.Context
		err  error
	}{
		{"the key is in the context", nil, keyed, nil},
		{"a function finds the key", fromUser, named, nil},
		{"there is no key in the context", nil, t.Context(), loadbalance.ErrNoKey},
		{"the function finds no key", fromUser, keyed, loadbalance.ErrNoKey},
	} {
		got, err := loadbalance.Consistent{Key: c.key}.Balance(instances).Pick(c.ctx, nil)
		if !errors.Is(err, c.err) || err == nil && got != want {
			t.Errorf("%s: got %d, %v, want %d, %v", c.what, got, err, want, c.err)
		}
	}
}
