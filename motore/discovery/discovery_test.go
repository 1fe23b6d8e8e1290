package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/rpc"
)

func TestStaticConforms(t *testing.T) {
	a, b := rpc.TCP("a:1"), rpc.Unix("/run/b")
	for _, c := range []struct {
		name    string
		d       discovery.Discoverer
		initial []discovery.Instance
	}{
		{"static", discovery.Static(a, b), []discovery.Instance{{Address: a}, {Address: b}}},
		{"weighted", discovery.WeightedStatic(
			discovery.Instance{Address: a, Weight: 3, Tags: map[string]string{"zone": "x"}},
			discovery.Instance{Address: b}),
			[]discovery.Instance{{Address: a, Weight: 3, Tags: map[string]string{"zone": "x"}}, {Address: b}}},
		{"doubled addresses", discovery.Static(a, b, a), []discovery.Instance{{Address: a}, {Address: b}}},
		{"a zero address", discovery.Static(a, rpc.Address{}), []discovery.Instance{{Address: a}}},
		{"none", discovery.Static(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
				return discoverytest.Subject{Discoverer: c.d, Service: "any", Initial: c.initial}
			})
		})
	}
}

func TestStaticDoesNotKeepTheCallersSlice(t *testing.T) {
	instances := []discovery.Instance{{Address: rpc.TCP("a:1")}}
	d := discovery.WeightedStatic(instances...)
	instances[0].Address = rpc.TCP("b:1")
	got, err := discovery.Resolve(t.Context(), d, "any")
	if err != nil || got[0].Address != rpc.TCP("a:1") {
		t.Errorf("got %v, %v, want a:1", got, err)
	}
}

var errDown = errors.New("registry is down")

func TestResolve(t *testing.T) {
	one := []discovery.Instance{{Address: rpc.TCP("a:1")}}
	two := []discovery.Instance{{Address: rpc.TCP("b:1")}}
	for _, c := range []struct {
		what  string
		watch discovery.Func
		want  []discovery.Instance
		err   error
		text  string
	}{
		{"the first snapshot counts", func(ctx context.Context, _ string, u func([]discovery.Instance)) error {
			u(one)
			u(two)
			<-ctx.Done()
			return ctx.Err()
		}, one, nil, ""},
		{"none is an answer", func(ctx context.Context, _ string, u func([]discovery.Instance)) error {
			u(nil)
			return nil
		}, nil, nil, ""},
		{"an error", func(context.Context, string, func([]discovery.Instance)) error {
			return errDown
		}, nil, errDown, `discovery: service "shop.item": registry is down`},
		{"a watch without an answer", func(context.Context, string, func([]discovery.Instance)) error {
			return nil
		}, nil, nil, `discovery: service "shop.item": the watch ended without an answer`},
		{"the context is done first", func(ctx context.Context, _ string, _ func([]discovery.Instance)) error {
			<-ctx.Done()
			return ctx.Err()
		}, nil, context.DeadlineExceeded, `discovery: service "shop.item": context deadline exceeded`},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			got, err := discovery.Resolve(ctx, c.watch, "shop.item")
			if discovery.Diff(got, c.want).IsZero() == false || c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("%s: got %v, %v, want %v, %v", c.what, got, err, c.want, c.err)
			}
			if text := fmt.Sprint(err); c.text != "" && text != c.text || c.text == "" && err != nil {
				t.Errorf("%s: got error %q, want %q", c.what, text, c.text)
			}
		})
	}
}

func TestDiff(t *testing.T) {
	in := func(address string, weight int, tags ...string) discovery.Instance {
		i := discovery.Instance{Address: rpc.TCP(address), Weight: weight}
		if len(tags) > 0 {
			i.Tags = map[string]string{tags[0]: tags[1]}
		}
		return i
	}
	type list = []discovery.Instance
	for _, c := range []struct {
		what                    string
		before, after           list
		added, updated, removed list
	}{
		{"nothing at all", nil, nil, nil, nil, nil},
		{"nothing new", list{in("a:1", 1)}, list{in("a:1", 1)}, nil, nil, nil},
		{"another order is no change", list{in("a:1", 1), in("b:1", 1)}, list{in("b:1", 1), in("a:1", 1)}, nil, nil, nil},
		{"nil and empty tags are the same", list{{Address: rpc.TCP("a:1")}}, list{{Address: rpc.TCP("a:1"), Tags: map[string]string{}}}, nil, nil, nil},
		{"the first ones", nil, list{in("a:1", 1), in("b:1", 1)}, list{in("a:1", 1), in("b:1", 1)}, nil, nil},
		{"the last ones go", list{in("a:1", 1), in("b:1", 1)}, nil, nil, nil, list{in("a:1", 1), in("b:1", 1)}},
		{"a weight", list{in("a:1", 1)}, list{in("a:1", 2)}, nil, list{in("a:1", 2)}, nil},
		{"a tag", list{in("a:1", 1, "zone", "x")}, list{in("a:1", 1, "zone", "y")}, nil, list{in("a:1", 1, "zone", "y")}, nil},
		{"networks tell addresses apart", list{{Address: rpc.TCP("a:1")}}, list{{Address: rpc.Unix("a:1")}},
			list{{Address: rpc.Unix("a:1")}}, nil, list{{Address: rpc.TCP("a:1")}}},
		{"everything", list{in("a:1", 1), in("b:1", 1), in("c:1", 1)}, list{in("d:1", 1), in("c:1", 5), in("b:1", 1)},
			list{in("d:1", 1)}, list{in("c:1", 5)}, list{in("a:1", 1)}},
	} {
		got := discovery.Diff(c.before, c.after)
		want := discovery.Change{Added: c.added, Updated: c.updated, Removed: c.removed}
		if !same(got.Added, want.Added) || !same(got.Updated, want.Updated) || !same(got.Removed, want.Removed) {
			t.Errorf("%s: got %v, want %v", c.what, got, want)
		}
		if got.IsZero() != (len(c.added)+len(c.updated)+len(c.removed) == 0) {
			t.Errorf("%s: got IsZero %v of %v", c.what, got.IsZero(), got)
		}
	}
}

func same(a, b []discovery.Instance) bool {
	return slices.EqualFunc(a, b, func(a, b discovery.Instance) bool {
		return a.Address == b.Address && a.Weight == b.Weight
	})
}

// A Discoverer of one's own: instances out of a function that is asked again
// and again.
func ExampleFunc() {
	ask := func(context.Context, string) ([]discovery.Instance, error) {
		return []discovery.Instance{{Address: rpc.TCP("192.0.2.1:8888"), Weight: 20}}, nil
	}
	polling := discovery.Func(func(ctx context.Context, service string, update func([]discovery.Instance)) error {
		for {
			instances, err := ask(ctx, service)
			if err != nil {
				return err // whoever watches keeps what it knows and tries again
			}
			update(discovery.Distinct(instances))
			select {
			case <-time.After(10 * time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	instances, err := discovery.Resolve(context.Background(), polling, "shop.item")
	fmt.Println(instances[0].Address, instances[0].Weight, err)
	// Output: 192.0.2.1:8888 20 <nil>
}

func ExampleResolve() {
	d := discovery.Static(rpc.TCP("192.0.2.1:8888"), rpc.TCP("192.0.2.2:8888"))
	instances, err := discovery.Resolve(context.Background(), d, "shop.item")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, in := range instances {
		fmt.Println(in.Address)
	}
	// Output:
	// 192.0.2.1:8888
	// 192.0.2.2:8888
}
