package loadbalance_test

import (
	"context"
	"math"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/loadbalance/loadbalancetest"
	"github.com/volo-go/volo/motore/rpc"
)

// begin picks and begins a call; it returns where.
func begin(t *testing.T, p loadbalance.Picker) int {
	t.Helper()
	i, err := p.Pick(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	p.(loadbalance.Tracker).Begin(i)
	return i
}

// call makes a whole call that takes d.
func call(t *testing.T, p loadbalance.Picker, d time.Duration, outcome rpc.Outcome) int {
	t.Helper()
	i := begin(t, p)
	time.Sleep(d)
	p.(loadbalance.Tracker).End(i, d, outcome)
	return i
}

func TestP2CAvoidsWhoIsSlow(t *testing.T) {
	for _, c := range []struct {
		what string
		slow func(p loadbalance.Tracker) // happens to instance 0; calls take a millisecond
		most int                         // of 1000 calls that it gets then; no less than 250 if any
	}{
		{"a slow answer", func(p loadbalance.Tracker) { p.End(0, 100*time.Millisecond, rpc.Answered) }, 0},
		{"a deadline", func(p loadbalance.Tracker) { p.End(0, 100*time.Millisecond, rpc.Lost) }, 0},
		{"a call that was given up late", func(p loadbalance.Tracker) { p.End(0, 100*time.Millisecond, rpc.Canceled) }, 0},
		{"quick failures", func(p loadbalance.Tracker) { p.End(0, time.Microsecond, rpc.Unsent) }, 0},
		{"quick failures by itself", func(p loadbalance.Tracker) { p.End(0, time.Microsecond, rpc.Failed) }, 0},
		{"calls given up early", func(p loadbalance.Tracker) { p.End(0, time.Microsecond, rpc.Canceled) }, 420},
		{"calls that are at fault", func(p loadbalance.Tracker) { p.End(0, time.Hour, rpc.Rejected) }, 420},
		{"a long stream", func(p loadbalance.Tracker) { p.End(0, 0, rpc.Answered) }, 420},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := loadbalance.P2C().Balance(loadbalancetest.Instances(10, 10, 10)).(loadbalance.Tracker)
			for i := range 3 {
				p.Begin(i)
				p.End(i, time.Millisecond, rpc.Answered)
			}
			p.Begin(0)
			c.slow(p)
			got := 0
			for range 1000 {
				if i, _ := p.Pick(t.Context(), nil); i == 0 {
					got++
				}
			}
			if got > c.most || c.most > 0 && got < 250 {
				t.Errorf("%s: got %d of 1000 calls, want at most %d", c.what, got, c.most)
			}
		})
	}
}

func TestP2CComesBackToWhoWasSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := loadbalance.P2C().Balance(loadbalancetest.Instances(10, 10))
		latency := func(i int, start time.Time) time.Duration {
			if i == 0 && time.Since(start) < time.Minute {
				return 50 * time.Millisecond
			}
			return time.Millisecond
		}
		start := time.Now()
		counts := func(d time.Duration) [2]int {
			var n [2]int
			for end := time.Now().Add(d); time.Now().Before(end); {
				i := begin(t, p)
				d := latency(i, start)
				time.Sleep(d)
				p.(loadbalance.Tracker).End(i, d, rpc.Answered)
				n[i]++
			}
			return n
		}
		slow := counts(time.Minute)
		counts(time.Minute)
		well := counts(time.Minute)
		if part := float64(slow[0]) / float64(slow[0]+slow[1]); part > .01 || slow[0] == 0 {
			t.Errorf("got %v calls while instance 0 is slow, want it to have few", slow)
		}
		if part := float64(well[0]) / float64(well[0]+well[1]); part < .4 || part > .6 {
			t.Errorf("got %v calls once it is well, want half for each", well)
		}
	})
}

func TestLeastRequests(t *testing.T) {
	for _, c := range []struct {
		what    string
		choices int
		weights []int
		calls   int
		want    []int // under way; nil for even
		off     int
	}{
		{"two choices are even", 0, []int{1, 1}, 100, []int{50, 50}, 0},
		{"two of many are nearly even", 0, []int{1, 1, 1, 1, 1}, 100, []int{20, 20, 20, 20, 20}, 3},
		{"all of many are even", 5, []int{1, 1, 1, 1, 1}, 100, []int{20, 20, 20, 20, 20}, 0},
		{"by weight", 2, []int{3, 1}, 100, []int{75, 25}, 1},
		{"by weight among many", 9, []int{10, 20, 30, 40}, 100, []int{10, 20, 30, 40}, 1},
	} {
		p := loadbalance.LeastRequests{Choices: c.choices}.Balance(loadbalancetest.Instances(c.weights...))
		got := make([]int, len(c.weights))
		for range c.calls {
			got[begin(t, p)]++
		}
		for i := range got {
			if d := got[i] - c.want[i]; d > c.off || -d > c.off {
				t.Errorf("%s: got %v calls under way, want %v", c.what, got, c.want)
				break
			}
		}
	}
}

func TestBoundedLoads(t *testing.T) {
	for name, b := range map[string]loadbalance.Balancer{
		"consistent": loadbalance.Consistent{Excess: .25},
		"maglev":     loadbalance.Maglev{Excess: .25},
	} {
		instances := loadbalancetest.Instances(10, 10, 10, 10, 20)
		p := b.Balance(instances).(loadbalance.Tracker)
		ctx := loadbalance.WithKey(t.Context(), "what everybody wants")
		home, _ := p.Pick(ctx, nil)
		counts := make([]int, 5)
		for range 120 {
			i, err := p.Pick(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			p.Begin(i)
			counts[i]++
		}
		for i, n := range counts {
			// A quarter more than 20 for each weight of 10.
			if most := 25 * instances[i].Weight / 10; n > most+1 {
				t.Errorf("%s: got %v calls under way, want at most %d at instance %d", name, counts, most, i)
			}
		}
		if counts[home] < 24 {
			t.Errorf("%s: got %v calls under way, want instance %d as full as it may be", name, counts, home)
		}
		for i, n := range counts {
			for range n {
				p.End(i, time.Millisecond, rpc.Answered)
			}
		}
		if i, _ := p.Pick(ctx, nil); i != home {
			t.Errorf("%s: got %d when all have ended, want %d again", name, i, home)
		}
	}
}

func TestMaglevIsStable(t *testing.T) {
	places := func(m loadbalance.Maglev, instances []discovery.Instance) []rpc.Address {
		picker := m.Balance(instances)
		var places []rpc.Address
		for k := range 20_000 {
			i, err := picker.Pick(loadbalance.WithKey(t.Context(), strconv.Itoa(k)), nil)
			if err != nil {
				t.Fatal(err)
			}
			places = append(places, instances[i].Address)
		}
		return places
	}
	moved := func(a, b []rpc.Address) float64 {
		n := 0
		for k := range a {
			if a[k] != b[k] {
				n++
			}
		}
		return float64(n) / float64(len(a))
	}
	ten := loadbalancetest.Instances(slices.Repeat([]int{10}, 10)...)
	want := places(loadbalance.Maglev{}, ten)
	// Other processes, of other versions, must agree.
	for k, at := range map[int]string{0: "192.0.2.0:8080", 1: "192.0.2.1:8080", 2: "192.0.2.1:8080"} {
		if got := want[k].String(); got != at {
			t.Errorf("got key %d on %v, want %v as ever", k, got, at)
		}
	}
	reversed := slices.Clone(ten)
	slices.Reverse(reversed)
	if got := moved(want, places(loadbalance.Maglev{}, reversed)); got != 0 {
		t.Errorf("got %.2f of the keys moved by another order, want none", got)
	}
	for _, c := range []struct {
		what  string
		after []discovery.Instance
		fair  float64
	}{
		{"one goes", ten[:9], .1},
		{"one comes", loadbalancetest.Instances(slices.Repeat([]int{10}, 11)...), 1. / 11},
		{"a weight doubles", loadbalancetest.Instances(20, 10, 10, 10, 10, 10, 10, 10, 10, 10), 2./11 - .1},
	} {
		if got := moved(want, places(loadbalance.Maglev{}, c.after)); got < .9*c.fair || got > c.fair+.06 {
			t.Errorf("%s: got %.3f of the keys moved, want %.3f and a few", c.what, got, c.fair)
		}
	}
	for _, c := range []struct{ size, instances int }{{1, 1}, {3, 2}, {5, 9}, {100, 7}} {
		loadbalancetest.Run(t, withKeys(loadbalance.Maglev{Size: c.size}))
		seen := map[rpc.Address]bool{}
		for _, a := range places(loadbalance.Maglev{Size: c.size}, loadbalancetest.Instances(slices.Repeat([]int{10}, c.instances)...)) {
			seen[a] = true
		}
		if len(seen) != min(c.instances, max(3, c.size)) && len(seen) != min(c.instances, 5) {
			t.Errorf("size %d: got keys on %d of %d instances", c.size, len(seen), c.instances)
		}
	}
}

func TestABoundOfNoNumberIsTheStrictest(t *testing.T) {
	for _, b := range []loadbalance.Balancer{loadbalance.Consistent{Excess: math.NaN()}, loadbalance.Maglev{Excess: math.NaN()}} {
		p := b.Balance(loadbalancetest.Instances(10, 10, 10, 10)).(loadbalance.Tracker)
		counts := make([]int, 4)
		for range 40 {
			i, err := p.Pick(loadbalance.WithKey(t.Context(), "what everybody wants"), nil)
			if err != nil {
				t.Fatal(err)
			}
			p.Begin(i)
			counts[i]++
		}
		if !slices.Equal(counts, []int{10, 10, 10, 10}) {
			t.Errorf("%T: got %v calls under way, want them even", b, counts)
		}
	}
}

// TestSharesOfMaglev counts the entries of each instance's table. Those of
// one weight in so many others take as long to lay out as any.
func TestSharesOfMaglev(t *testing.T) {
	for _, c := range []struct {
		weights []int
		want    []float64 // of the first
	}{
		{[]int{discovery.MaxWeight, discovery.MaxWeight / 2, discovery.MaxWeight / 4}, []float64{4. / 7, 2. / 7, 1. / 7}},
		{[]int{1, 2, 7}, []float64{.1, .2, .7}},
		{[]int{3, 1000, 997}, []float64{.0015, .5, .4985}},
		{append([]int{2000, 1000}, slices.Repeat([]int{1}, 1000)...), []float64{.5, .25, .00025}},
		{append([]int{discovery.MaxWeight}, slices.Repeat([]int{1}, 4999)...), []float64{1, 0}},
	} {
		var hash uint64
		picker := loadbalance.Maglev{Key: func(context.Context) (uint64, bool) { return hash, true }}.
			Balance(loadbalancetest.Instances(c.weights...))
		got := make([]float64, len(c.weights))
		for ; hash < loadbalance.DefaultTable; hash++ {
			i, err := picker.Pick(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			got[i]++
		}
		for i, want := range c.want {
			if want *= loadbalance.DefaultTable; got[i] < .99*want-1 || got[i] > 1.01*want+1 {
				t.Errorf("weights %v of %d: got %v entries at %d, want %.1f", c.weights[:2], len(c.weights), got[i], i, want)
			}
		}
	}
}

func TestPickFirst(t *testing.T) {
	instances := loadbalancetest.Instances(1, 1, 1)
	p := loadbalance.PickFirst().Balance(instances)
	step := func(what string, outcome rpc.Outcome, want int) {
		t.Helper()
		if got := call(t, p, 0, outcome); got != want {
			t.Errorf("%s: got %d, want %d", what, got, want)
		}
	}
	step("it begins with the first", rpc.Answered, 0)
	step("it stays", rpc.Lost, 0)
	step("whatever happens", rpc.Failed, 0)
	step("but that nothing is sent", rpc.Unsent, 0)
	step("then it goes on", rpc.Answered, 1)
	step("and stays there", rpc.Answered, 1)
	p = p.(loadbalance.Renewer).Renew([]discovery.Instance{instances[2], instances[0], instances[1]})
	step("wherever that is", rpc.Unsent, 2)
	step("the end is the beginning", rpc.Answered, 0)
	p = p.(loadbalance.Renewer).Renew(instances[:2])
	step("if it goes, the first is next", rpc.Answered, 0)
	p = p.(loadbalance.Renewer).Renew(nil).(loadbalance.Renewer).Renew(instances)
	step("if all have gone too", rpc.Answered, 0)
}
