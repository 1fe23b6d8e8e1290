package loadbalance_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/loadbalance/loadbalancetest"
	"github.com/volo-go/volo/motore/rpc"
)

// A ward is instances under ejection, and what happens to them.
type ward struct {
	t      *testing.T
	picker loadbalance.Tracker
	events []string
}

func newWard(t *testing.T, n int, inner loadbalance.Balancer, c loadbalance.EjectConfig) *ward {
	w := &ward{t: t}
	c.Changed = func(e loadbalance.Ejection) {
		host := e.Instance.Address.String()[len("192.0.2.") : len("192.0.2.")+1]
		if e.For == 0 {
			w.events = append(w.events, host+" is back")
			return
		}
		w.events = append(w.events, fmt.Sprintf("%s out for %v: %s", host, e.For, e.Reason))
	}
	instances := loadbalancetest.Instances(slices.Repeat([]int{10}, n)...)
	w.picker = loadbalance.Eject(inner, c).Balance(instances).(loadbalance.Tracker)
	return w
}

// ends makes n calls to instance i end, as if they had been under way.
func (w *ward) ends(i, n int, outcome rpc.Outcome) {
	for range n {
		w.picker.Begin(i)
		w.picker.End(i, time.Millisecond, outcome)
	}
}

// calls makes n calls that end as outcome says, and returns how many each
// instance got.
func (w *ward) calls(n, instances int, outcome func(i int) rpc.Outcome) []int {
	got := make([]int, instances)
	for k := range n {
		i, err := w.picker.Pick(loadbalance.WithKey(w.t.Context(), strconv.Itoa(k)), nil)
		if err != nil {
			w.t.Fatal(err)
		}
		w.ends(i, 1, outcome(i))
		got[i]++
	}
	return got
}

func well(int) rpc.Outcome { return rpc.Answered }

func (w *ward) expect(what string, want ...string) {
	w.t.Helper()
	if !slices.Equal(w.events, want) {
		w.t.Errorf("%s: got %q, want %q", what, w.events, want)
	}
	w.events = nil
}

func TestFaultsInARow(t *testing.T) {
	for _, c := range []struct {
		what   string
		config loadbalance.EjectConfig
		happen func(w *ward)
		want   []string
	}{
		{"four faults", loadbalance.EjectConfig{}, func(w *ward) { w.ends(0, 4, rpc.Failed) }, nil},
		{"five faults", loadbalance.EjectConfig{}, func(w *ward) { w.ends(0, 5, rpc.Failed) },
			[]string{"0 out for 30s: 5 faulty calls in a row"}},
		{"six faults", loadbalance.EjectConfig{}, func(w *ward) { w.ends(0, 6, rpc.Failed) },
			[]string{"0 out for 30s: 5 faulty calls in a row"}},
		{"of all kinds", loadbalance.EjectConfig{}, func(w *ward) {
			w.ends(0, 2, rpc.Failed)
			w.ends(0, 2, rpc.Lost)
			w.ends(0, 1, rpc.Unsent)
		}, []string{"0 out for 30s: 5 faulty calls in a row"}},
		{"an answer in between", loadbalance.EjectConfig{}, func(w *ward) {
			w.ends(0, 4, rpc.Failed)
			w.ends(0, 1, rpc.Answered)
			w.ends(0, 4, rpc.Failed)
		}, nil},
		{"what says nothing in between", loadbalance.EjectConfig{}, func(w *ward) {
			w.ends(0, 4, rpc.Failed)
			w.ends(0, 1, rpc.Canceled)
			w.ends(0, 1, rpc.Rejected)
			w.ends(0, 1, rpc.Failed)
		}, []string{"0 out for 30s: 5 faulty calls in a row"}},
		{"what says nothing", loadbalance.EjectConfig{}, func(w *ward) {
			w.ends(0, 50, rpc.Canceled)
			w.ends(0, 50, rpc.Rejected)
		}, nil},
		{"another limit", loadbalance.EjectConfig{Consecutive: 2}, func(w *ward) { w.ends(0, 2, rpc.Lost) },
			[]string{"0 out for 30s: 2 faulty calls in a row"}},
		{"no limit", loadbalance.EjectConfig{Consecutive: -1}, func(w *ward) { w.ends(0, 50, rpc.Lost) }, nil},
		{"another time", loadbalance.EjectConfig{Base: time.Second}, func(w *ward) { w.ends(0, 5, rpc.Failed) },
			[]string{"0 out for 1s: 5 faulty calls in a row"}},
		{"half of them may be out", loadbalance.EjectConfig{Consecutive: 1}, func(w *ward) {
			for i := range 4 {
				w.ends(i, 1, rpc.Failed)
			}
		}, []string{"0 out for 30s: 1 faulty calls in a row", "1 out for 30s: 1 faulty calls in a row"}},
		{"a part of one is one", loadbalance.EjectConfig{Consecutive: 1, MaxPercent: 1}, func(w *ward) {
			for i := range 4 {
				w.ends(i, 1, rpc.Failed)
			}
		}, []string{"0 out for 30s: 1 faulty calls in a row"}},
		{"nobody may be out", loadbalance.EjectConfig{MaxPercent: -1}, func(w *ward) { w.ends(0, 50, rpc.Failed) }, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWard(t, 4, loadbalance.Random(), c.config)
			c.happen(w)
			w.expect(c.what, c.want...)
		})
	}
}

// TestRates has each instance answer some of its calls within an interval.
func TestRates(t *testing.T) {
	perfect := slices.Repeat([]float64{1}, 5)
	success := loadbalance.EjectConfig{Consecutive: -1, FailureRate: loadbalance.FailureRate{Percent: -1}}
	noNumber := success
	noNumber.SuccessRate.Deviations = math.NaN()
	failure := loadbalance.EjectConfig{Consecutive: -1, SuccessRate: loadbalance.SuccessRate{Deviations: -1}}
	for _, c := range []struct {
		what     string
		config   loadbalance.EjectConfig
		calls    int
		answered []float64 // of 0, 1, 2…
		length   time.Duration
		want     []string
	}{
		{"one is much worse", success, 100, append(slices.Clone(perfect), .5), 10 * time.Second,
			[]string{"5 out for 30s: 50.0% of calls answered, 91.7% by all"}},
		{"no number of deviations", noNumber, 100, append(slices.Clone(perfect), .5), 10 * time.Second,
			[]string{"5 out for 30s: 50.0% of calls answered, 91.7% by all"}},
		{"one is hardly worse", success, 100, append(slices.Clone(perfect), .96), 10 * time.Second, nil},
		{"all are equally bad", success, 100, []float64{.5, .5, .5, .5, .5, .5}, 10 * time.Second, nil},
		{"they differ", success, 100, []float64{.5, .6, .7, .8, .9, 1}, 10 * time.Second, nil},
		{"too few calls", success, 99, append(slices.Clone(perfect), .5), 10 * time.Second, nil},
		{"too few instances", success, 100, append(slices.Clone(perfect[:3]), .5), 10 * time.Second, nil},
		{"the interval is not over", success, 100, append(slices.Clone(perfect), .5), 9 * time.Second, nil},
		{"it is long over", success, 100, append(slices.Clone(perfect), .5), 20 * time.Second, nil},
		{"nobody compares", failure, 100, append(slices.Clone(perfect), .5), 10 * time.Second, nil},
		{"one fails", failure, 50, append(slices.Clone(perfect), .1), 10 * time.Second,
			[]string{"5 out for 30s: 90.0% of calls faulty"}},
		{"half of them fail", failure, 100, []float64{1, .1, 1, .1, 1, .1}, 10 * time.Second,
			[]string{"1 out for 30s: 90.0% of calls faulty", "3 out for 30s: 90.0% of calls faulty", "5 out for 30s: 90.0% of calls faulty"}},
		{"all fail", failure, 100, []float64{.1, .1, .1, .1, .1, .1}, 10 * time.Second,
			[]string{"0 out for 30s: 90.0% of calls faulty", "1 out for 30s: 90.0% of calls faulty",
				"2 out for 30s: 90.0% of calls faulty", "3 out for 30s: 90.0% of calls faulty"}},
		{"one is at the limit", failure, 100, append(slices.Clone(perfect), .15), 10 * time.Second, nil},
		{"one fails, few calls", failure, 49, append(slices.Clone(perfect), .1), 10 * time.Second, nil},
		{"one fails, few instances", failure, 100, append(slices.Clone(perfect[:3]), .1), 10 * time.Second, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWard(t, 1+len(c.answered), loadbalance.Random(), c.config)
			for i, part := range c.answered {
				good := int(part*float64(c.calls) + .5)
				w.ends(i, c.calls-good, rpc.Failed)
				w.ends(i, good, rpc.Answered)
			}
			w.expect(c.what + ", meanwhile")
			time.Sleep(c.length)
			w.ends(len(c.answered), 1, rpc.Failed) // of an instance that has too few calls
			w.expect(c.what, c.want...)
		})
	}
}

// TestTrials follows an instance through its ejections.
func TestTrials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, 2, loadbalance.RoundRobin(), loadbalance.EjectConfig{})
		sick := func(i int) rpc.Outcome {
			if i == 0 {
				return rpc.Lost
			}
			return rpc.Answered
		}
		step := func(what string, outcome func(int) rpc.Outcome, pause time.Duration, calls int, events ...string) {
			t.Helper()
			time.Sleep(pause)
			if got := w.calls(100, 2, outcome); got[0] != calls {
				t.Errorf("%s: got %d calls of 100, want %d", what, got[0], calls)
			}
			w.expect(what, events...)
		}
		step("all is well", well, 0, 50)
		step("it begins to hang", sick, 0, 5, "0 out for 30s: 5 faulty calls in a row")
		step("it is out", well, 29*time.Second, 0)
		step("its trial fails", sick, time.Second, 1, "0 out for 1m0s: a faulty call on trial")
		step("it is out longer", well, 59*time.Second, 0)
		for _, d := range []string{"1m30s", "2m0s", "2m30s", "3m0s", "3m30s", "4m0s", "4m30s", "5m0s", "5m0s"} {
			last, _ := time.ParseDuration(d)
			if d == "1m30s" {
				last = 31 * time.Second
			}
			step("and longer", sick, last, 1, "0 out for "+d+": a faulty call on trial")
		}
		step("its trial goes well", well, 5*time.Minute, 50, "0 is back")
		step("it hangs again at once", sick, 0, 5, "0 out for 5m0s: 5 faulty calls in a row")
		step("it is well again", well, 5*time.Minute, 50, "0 is back")
		step("for long", well, time.Hour, 50)
		step("all is forgiven", sick, 0, 5, "0 out for 30s: 5 faulty calls in a row")
	})
}

// TestATrialIsOneCall holds the call on trial while others come.
func TestATrialIsOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, 3, loadbalance.RoundRobin(), loadbalance.EjectConfig{})
		w.ends(0, 5, rpc.Lost)
		w.expect("it fails", "0 out for 30s: 5 faulty calls in a row")
		time.Sleep(30 * time.Second)
		picks := func() (n int) {
			for range 90 {
				if i, _ := w.picker.Pick(t.Context(), nil); i == 0 {
					n++
				}
			}
			return n
		}
		if got := picks(); got != 1 {
			t.Errorf("got %d calls on trial at a time, want 1", got)
		}
		time.Sleep(29 * time.Second)
		if got := picks(); got != 0 {
			t.Errorf("got %d more while the first is under way, want none", got)
		}
		w.ends(0, 1, rpc.Canceled)
		if got := picks(); got != 1 {
			t.Errorf("got %d calls once the first has said nothing, want another", got)
		}
		time.Sleep(30 * time.Second)
		if got := picks(); got != 1 {
			t.Errorf("got %d calls once the second is overdue, want another", got)
		}
		w.ends(0, 1, rpc.Answered)
		w.expect("the third goes well", "0 is back")
		if got := picks(); got != 30 {
			t.Errorf("got %d calls then, want 30", got)
		}
	})
}

// TestSharesOfTheOthers looks where the calls go that an ejected instance does
// not get.
func TestSharesOfTheOthers(t *testing.T) {
	for _, c := range []struct {
		name  string
		inner loadbalance.Balancer
		off   float64
	}{
		{"random", loadbalance.Random(), .1},
		{"roundrobin", loadbalance.RoundRobin(), .001},
		{"p2c", loadbalance.P2C(), .1},
		{"least", loadbalance.LeastRequests{}, .1},
		{"least of all", loadbalance.LeastRequests{Choices: 9}, .1},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWard(t, 5, c.inner, loadbalance.EjectConfig{})
			w.ends(2, 5, rpc.Failed)
			got := w.calls(10_000, 5, well)
			if got[2] != 0 {
				t.Errorf("%s: got %d calls at the ejected, want none", c.name, got[2])
			}
			if off := deviation(got, []int{1, 1, 1, 1, 1}, 2); off > c.off {
				t.Errorf("%s: got %v calls, %.1f%% off the share of the others, want %.1f%%", c.name, got, 100*off, 100*c.off)
			}
		})
	}
}

func TestKeysOfTheEjectedMoveAlone(t *testing.T) {
	for name, inner := range map[string]loadbalance.Balancer{
		"consistent": loadbalance.Consistent{}, "maglev": loadbalance.Maglev{}, "bounded": loadbalance.Maglev{Excess: 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := newWard(t, 5, inner, loadbalance.EjectConfig{})
			place := func() (got []int) {
				for k := range 1000 {
					i, err := w.picker.Pick(loadbalance.WithKey(t.Context(), strconv.Itoa(k)), nil)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, i)
				}
				return got
			}
			before := place()
			w.ends(3, 5, rpc.Failed)
			for k, i := range place() {
				if i == 3 || before[k] != 3 && i != before[k] {
					t.Fatalf("%s: got key %d moved from %d to %d, want those of 3 moved alone", name, k, before[k], i)
				}
			}
			time.Sleep(30 * time.Second)
			w.calls(1000, 5, well)
			if !slices.Equal(place(), before) {
				t.Errorf("%s: got keys elsewhere once it is back, want them as before", name)
			}
		})
	}
}

// TestEjectionOutlastsSnapshots lets instances go and come.
func TestEjectionOutlastsSnapshots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, 4, loadbalance.RoundRobin(), loadbalance.EjectConfig{})
		four := loadbalancetest.Instances(10, 10, 10, 10)
		renew := func(from, to int) {
			w.picker = w.picker.(loadbalance.Renewer).Renew(four[from:to]).(loadbalance.Tracker)
		}
		old := w.picker
		w.ends(3, 4, rpc.Lost)
		renew(1, 4) // 3 is at index 2 now
		old.Begin(3)
		old.End(3, time.Millisecond, rpc.Lost)
		w.expect("the fifth fault comes through the old picker", "3 out for 30s: 5 faulty calls in a row")
		if got := w.calls(90, 3, well); got[2] != 0 {
			t.Errorf("got calls %v right after, want none at the last", got)
		}
		renew(0, 2)
		time.Sleep(20 * time.Second)
		renew(0, 4)
		if got := w.calls(90, 4, well); got[3] != 0 {
			t.Errorf("got calls %v after it went and came, want none at the last", got)
		}
		var state loadbalance.State
		w.picker.(loadbalance.Inspector).Inspect(3, &state)
		if got := time.Until(state.EjectedUntil); got != 10*time.Second || state.Ejections != 1 {
			t.Errorf("got ejected for %v more, %d times, want 10s, once", got, state.Ejections)
		}
		renew(0, 2)
		time.Sleep(24 * time.Hour)
		renew(0, 2)
		renew(0, 4)
		if got := w.calls(80, 4, well); got[3] != 20 {
			t.Errorf("got calls %v a day later, want it forgotten", got)
		}
		w.expect("nothing else happened")
	})
}

func TestAllAreOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWard(t, 3, loadbalance.RoundRobin(), loadbalance.EjectConfig{Consecutive: 1, MaxPercent: 100})
		for i := range 3 {
			w.ends(i, 1, rpc.Unsent)
		}
		w.events = nil
		if got := w.calls(30, 3, well); got[0]+got[1]+got[2] != 30 || slices.Contains(got, 0) {
			t.Errorf("got calls %v, want them everywhere rather than nowhere", got)
		}
		w.expect("that proves nothing")
		time.Sleep(30 * time.Second)
		w.calls(30, 3, well)
		if slices.Sort(w.events); len(w.events) != 3 || w.events[0] != "0 is back" {
			t.Errorf("got %q when their time is over, want all back", w.events)
		}
	})
}

// TestEjectingUnderLoad has instances fail and recover while many call.
func TestEjectingUnderLoad(t *testing.T) {
	var mu sync.Mutex
	out := map[rpc.Address]bool{}
	p := loadbalance.Eject(loadbalance.P2C(), loadbalance.EjectConfig{
		Base: time.Microsecond, Interval: time.Microsecond, Consecutive: 2,
		SuccessRate: loadbalance.SuccessRate{Calls: 1}, FailureRate: loadbalance.FailureRate{Calls: 1},
		Changed: func(e loadbalance.Ejection) {
			mu.Lock()
			defer mu.Unlock()
			if e.For > 0 {
				out[e.Instance.Address] = true
			} else if !out[e.Instance.Address] {
				t.Errorf("%v is back and was not out", e.Instance.Address)
			} else {
				delete(out, e.Instance.Address)
			}
		},
	}).Balance(loadbalancetest.Instances(slices.Repeat([]int{10}, 6)...)).(loadbalance.Tracker)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for n := range 5000 {
				i, err := p.Pick(t.Context(), nil)
				if err != nil {
					t.Error(err)
					return
				}
				p.Begin(i)
				outcome := rpc.Answered
				if (n/500+g)%6 == i {
					outcome = rpc.Lost
				}
				p.End(i, time.Millisecond, outcome)
			}
		})
	}
	wg.Wait()
	if len(out) > 3 {
		t.Errorf("got %d of 6 out at once, want at most 3", len(out))
	}
}

// Nobody in the way costs nothing, and neither does somebody.
func TestPickingAroundTheEjectedAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, s := range subjects {
		w := newWard(t, 5, s.Balancer, loadbalance.EjectConfig{})
		w.ends(1, 5, rpc.Failed)
		for k := range 20 {
			ctx := t.Context()
			if s.Context != nil {
				ctx = s.Context(ctx, k)
			}
			if got := testing.AllocsPerRun(10, func() { w.picker.Pick(ctx, nil) }); got != 0 {
				t.Errorf("%s, key %d: got %v allocations, want none", s.name, k, got)
			}
		}
	}
}

// TestPickingAmongMany has most of many instances out, so that balancers are
// told long lists of them.
func TestPickingAmongMany(t *testing.T) {
	const n = 300
	for _, s := range subjects {
		if strings.Contains(s.name, "eject") || s.name == "all at once" {
			continue
		}
		for _, in := range []int{1, 2, 40} {
			w := newWard(t, n, s.Balancer, loadbalance.EjectConfig{Consecutive: 1, MaxPercent: 100})
			well := func(i int) bool { return i%(n/in) == 5 && i/(n/in) < in }
			for i := range n {
				if !well(i) {
					w.ends(i, 1, rpc.Failed)
				}
			}
			for k := range 100 {
				ctx := t.Context()
				if s.Context != nil {
					ctx = s.Context(ctx, k)
				}
				i, err := w.picker.Pick(ctx, nil)
				if err != nil || !well(i) {
					t.Fatalf("%s with %d in: got %d, %v, want one of them", s.name, in, i, err)
				}
				j, err := w.picker.Pick(ctx, loadbalance.Tried{n - 1, i, 0})
				if err != nil || j == i || j == 0 || j == n-1 || !well(j) && in > 1 {
					t.Fatalf("%s with %d in: got %d, %v after %d, want another one", s.name, in, j, err, i)
				}
			}
		}
	}
}

func BenchmarkPickAmongMany(b *testing.B) {
	const n = 5000
	for _, s := range subjects {
		if strings.Contains(s.name, "eject") || s.name == "all at once" {
			continue
		}
		for _, in := range []int{1, n / 2} {
			b.Run(fmt.Sprintf("%s/%d of %d in", s.name, in, n), func(b *testing.B) {
				picker := loadbalance.Eject(s.Balancer, loadbalance.EjectConfig{Consecutive: 1, MaxPercent: 100}).
					Balance(fleet(n, "equal"))
				for i := range n - in {
					picker.(loadbalance.Tracker).Begin(i)
					picker.(loadbalance.Tracker).End(i, time.Millisecond, rpc.Failed)
				}
				ctx, k := b.Context(), 0
				b.ReportAllocs()
				for b.Loop() {
					if s.Context != nil {
						ctx = s.Context(b.Context(), k)
					}
					k++
					picker.Pick(ctx, nil)
				}
			})
		}
	}
}
