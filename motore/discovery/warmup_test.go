package discovery_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/rpc"
)

func TestWarmUpConforms(t *testing.T) {
	discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
		var f discoverytest.Fake
		return discoverytest.Subject{
			Discoverer:  discovery.WarmUp(&f, discovery.WarmUpConfig{Duration: time.Hour}),
			Service:     "s",
			Set:         func(_ *testing.T, instances []discovery.Instance) { f.Set("s", instances...) },
			AddressOnly: true,
		}
	})
	discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
		return discoverytest.Subject{
			Discoverer: discovery.WarmUp(discovery.Static(rpc.TCP("a:1")), discovery.WarmUpConfig{Duration: time.Hour}),
			Service:    "s",
			Initial:    []discovery.Instance{{Address: rpc.TCP("a:1"), Weight: discovery.DefaultWeight}},
		}
	})
}

// TestWarmUp follows instances that come at different times.
func TestWarmUp(t *testing.T) {
	in := func(address string, weight int, started ...string) discovery.Instance {
		i := discovery.Instance{Address: rpc.TCP(address), Weight: weight}
		for _, s := range started {
			i.Tags = map[string]string{discovery.TagStarted: s}
		}
		return i
	}
	// Time begins at 2000-01-01T00:00:00Z.
	type event struct {
		after time.Duration
		now   []discovery.Instance
		want  string // the snapshot in use after it; "-" for none since the last
	}
	type at = []discovery.Instance
	for _, c := range []struct {
		what   string
		from   float64
		events []event
	}{
		{"those that are there first are old", 0, []event{
			{0, at{in("a:1", 0), in("b:1", 20)}, "a:1*10 b:1*20"},
			{time.Hour, nil, "-"},
		}},
		{"a new one grows from a tenth", 0, []event{
			{0, at{in("a:1", 0)}, "a:1*10"},
			{0, at{in("a:1", 0), in("b:1", 0)}, "a:1*10 b:1*1"},
			{50 * time.Second, nil, "a:1*10 b:1*5"},
			{40 * time.Second, nil, "a:1*10 b:1*9"},
			{10 * time.Second, nil, "a:1*10 b:1*10"},
			{time.Hour, nil, "-"},
		}},
		{"from a half", 0.5, []event{
			{0, at{in("a:1", 100)}, "a:1*100"},
			{0, at{in("a:1", 100), in("b:1", 100)}, "a:1*100 b:1*50"},
			{50 * time.Second, nil, "a:1*100 b:1*75"},
			{50 * time.Second, nil, "a:1*100 b:1*100"},
		}},
		{"from what is not a number, which is a tenth", math.NaN(), []event{
			{0, at{in("a:1", 100)}, "a:1*100"},
			{0, at{in("a:1", 100), in("b:1", 100)}, "a:1*100 b:1*10"},
		}},
		{"small weights are multiplied", 0, []event{
			{0, at{in("a:1", 1), in("c:1", 2)}, "a:1*10 c:1*20"},
			{0, at{in("a:1", 1), in("b:1", 1), in("c:1", 2)}, "a:1*10 b:1*1 c:1*20"},
			{50 * time.Second, nil, "a:1*10 b:1*5 c:1*20"},
		}},
		{"those without calls stay so", 0, []event{
			{0, at{in("a:1", -1)}, "a:1*-1"},
			{0, at{in("a:1", -1), in("b:1", -5)}, "a:1*-1 b:1*-5"},
			{time.Hour, nil, "-"},
		}},
		{"several at different ages", 0, []event{
			{0, at{}, ""},
			{0, at{in("a:1", 100)}, "a:1*10"},
			{50 * time.Second, nil, "a:1*55"},
			{0, at{in("a:1", 100), in("b:1", 100)}, "a:1*55 b:1*10"},
			{50 * time.Second, nil, "a:1*100 b:1*55"},
			{50 * time.Second, nil, "a:1*100 b:1*100"},
		}},
		{"what goes and comes back is new", 0, []event{
			{0, at{in("a:1", 100), in("b:1", 100)}, "a:1*100 b:1*100"},
			{0, at{in("b:1", 100)}, "b:1*100"},
			{0, at{in("a:1", 100), in("b:1", 100)}, "a:1*10 b:1*100"},
		}},
		{"other changes do not begin anew", 0, []event{
			{0, at{}, ""},
			{0, at{in("a:1", 100)}, "a:1*10"},
			{50 * time.Second, nil, "a:1*55"},
			{0, at{in("a:1", 200)}, "a:1*110"},
		}},
		{"the time of the start counts from the first snapshot on", 0, []event{
			{50 * time.Second, at{in("a:1", 100, "2000-01-01T00:00:00Z"), in("b:1", 100, "1999-12-31T00:00:00Z")}, "a:1*55 b:1*100"},
			{50 * time.Second, nil, "a:1*100 b:1*100"},
		}},
		{"what comes back and has not restarted is old", 0, []event{
			{time.Hour, at{in("a:1", 100, "2000-01-01T00:00:00Z")}, "a:1*100"},
			{0, at{}, ""},
			{0, at{in("a:1", 100, "2000-01-01T00:00:00Z")}, "a:1*100"},
		}},
		{"what has restarted at its address is new", 0, []event{
			{time.Hour, at{in("a:1", 100, "2000-01-01T00:00:00Z")}, "a:1*100"},
			{0, at{in("a:1", 100, "2000-01-01T00:59:10Z")}, "a:1*55"},
		}},
		{"a clock that is ahead does no harm", 0, []event{
			{0, at{}, ""},
			{0, at{in("a:1", 100, "2000-01-01T05:00:00Z")}, "a:1*10"},
			{50 * time.Second, nil, "a:1*55"},
		}},
		{"nor a time that is none", 0, []event{
			{0, at{in("a:1", 100, "yesterday")}, "a:1*100"},
			{0, at{in("a:1", 100, "yesterday"), in("b:1", 100, "")}, "a:1*100 b:1*10"},
		}},
		{"the greatest weight", 0, []event{
			{0, at{in("a:1", discovery.MaxWeight), in("b:1", 1)}, "a:1*1048576 b:1*10"},
		}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var f discoverytest.Fake
			d := discovery.WarmUp(&f, discovery.WarmUpConfig{Duration: 100 * time.Second, From: c.from})
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			var mu sync.Mutex // guards snapshot
			snapshot := "-"
			for i, e := range c.events {
				mu.Lock()
				snapshot = "-"
				mu.Unlock()
				if e.now != nil && i == 0 {
					time.Sleep(e.after)
				}
				if e.now != nil {
					f.Set("s", e.now...)
				}
				if i == 0 {
					go func() {
						ended <- d.Watch(ctx, "s", func(instances []discovery.Instance) {
							mu.Lock()
							defer mu.Unlock()
							snapshot = show(instances)
						})
					}()
				} else {
					time.Sleep(e.after)
				}
				synctest.Wait()
				mu.Lock()
				if snapshot != e.want {
					t.Errorf("%s: event %d: got %s, want %s", c.what, i, snapshot, e.want)
				}
				mu.Unlock()
			}
			stop()
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v from Watch, want context.Canceled", c.what, err)
			}
		})
	}
}

// A Discoverer that has no more to say does not end the growth.
func TestWarmUpGoesOnAfterTheLastSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []string
		start := time.Now()
		final := discovery.Func(func(_ context.Context, _ string, update func([]discovery.Instance)) error {
			update([]discovery.Instance{{Address: rpc.TCP("a:1"), Weight: 100, Tags: map[string]string{"started": "1999-12-31T23:59:10Z"}}})
			return nil
		})
		err := discovery.WarmUp(final, discovery.WarmUpConfig{Duration: 100 * time.Second}).Watch(t.Context(), "s",
			func(instances []discovery.Instance) { got = append(got, show(instances)) })
		want := "a:1*55 a:1*64 a:1*73 a:1*82 a:1*91 a:1*100"
		if s := strings.Join(got, " "); s != want || err != nil || time.Since(start) != 50*time.Second {
			t.Errorf("got %s, %v after %v, want %s after 50s", s, err, time.Since(start), want)
		}
	})
}

func TestWarmUpPassesErrorsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		updates := 0
		failing := discovery.Func(func(_ context.Context, _ string, update func([]discovery.Instance)) error {
			update([]discovery.Instance{{Address: rpc.TCP("a:1"), Tags: map[string]string{"started": "2000-01-01T00:00:00Z"}}})
			return errDown
		})
		err := discovery.WarmUp(failing, discovery.WarmUpConfig{Duration: time.Hour}).Watch(t.Context(), "s",
			func([]discovery.Instance) { updates++ })
		if err != errDown || updates != 1 {
			t.Errorf("got %v after %d updates, want the Discoverer's error after one", err, updates)
		}
	})
}

func TestWarmUpThatDoesNothing(t *testing.T) {
	d := new(discoverytest.Fake)
	for _, c := range []discovery.WarmUpConfig{{}, {Duration: -1}, {Duration: time.Hour, From: 1}, {Duration: time.Hour, From: -0.1}} {
		if got := discovery.WarmUp(d, c); got != discovery.Discoverer(d) {
			t.Errorf("%+v: got %T, want the Discoverer itself", c, got)
		}
	}
}

func TestFilterConforms(t *testing.T) {
	discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
		var f discoverytest.Fake
		hidden := rpc.TCP("hidden:1")
		return discoverytest.Subject{
			Discoverer: discovery.Filter(&f, func(_ string, in discovery.Instance) bool { return in.Address != hidden }),
			Service:    "s",
			Set: func(_ *testing.T, instances []discovery.Instance) {
				f.Set("s", append(instances[:len(instances):len(instances)], discovery.Instance{Address: hidden})...)
			},
		}
	})
}

// Calls of this client go to one version only.
func ExampleFilter() {
	all := discovery.WeightedStatic(
		discovery.Instance{Address: rpc.TCP("192.0.2.1:8888"), Tags: map[string]string{"version": "1"}},
		discovery.Instance{Address: rpc.TCP("192.0.2.2:8888"), Tags: map[string]string{"version": "2"}})
	second := discovery.Filter(all, func(_ string, in discovery.Instance) bool { return in.Tags["version"] == "2" })
	instances, err := discovery.Resolve(context.Background(), second, "shop.item")
	fmt.Println(instances[0].Address, len(instances), err)
	// Output: 192.0.2.2:8888 1 <nil>
}

// An instance of which others have said that it has just started.
func ExampleWarmUp() {
	registry := discovery.WeightedStatic(
		discovery.Instance{Address: rpc.TCP("192.0.2.1:8888"), Weight: 100},
		discovery.Instance{Address: rpc.TCP("192.0.2.2:8888"), Weight: 100,
			Tags: map[string]string{discovery.TagStarted: time.Now().Format(time.RFC3339)}})
	d := discovery.WarmUp(registry, discovery.WarmUpConfig{Duration: time.Hour})
	instances, err := discovery.Resolve(context.Background(), d, "shop.item")
	fmt.Println(instances[0].Weight, instances[1].Weight, err)
	// Output: 100 10 <nil>
}
