package loadbalance_test

import (
	"fmt"
	"maps"
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

func zoned(zones string) []discovery.Instance {
	instances := loadbalancetest.Instances(slices.Repeat([]int{10}, len(zones))...)
	for i := range instances {
		instances[i].Tags = map[string]string{loadbalance.ZoneTag: zones[i : i+1]}
	}
	return instances
}

// parts returns how much of n calls each zone gets; the calls stay under way.
func parts(t *testing.T, p loadbalance.Picker, zones string, n int) map[string]int {
	got := map[string]int{}
	for range n {
		i, err := p.Pick(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if p, ok := p.(loadbalance.Tracker); ok {
			p.Begin(i)
		}
		got[zones[i:i+1]]++
	}
	return got
}

func TestLocality(t *testing.T) {
	byLetter := func(in discovery.Instance) int { return int(in.Tags["zone"][0] - 'a') }
	for _, c := range []struct {
		what   string
		zones  string
		config loadbalance.LocalityConfig
		want   map[string]int // of 1000 calls, give or take 60
	}{
		{"all stay near", "abba", loadbalance.LocalityConfig{Zone: "a"}, map[string]int{"a": 1000}},
		{"one is near", "abbb", loadbalance.LocalityConfig{Zone: "a"}, map[string]int{"a": 1000}},
		{"nobody is near", "bbc", loadbalance.LocalityConfig{Zone: "a"}, map[string]int{"b": 667, "c": 333}},
		{"enough are near", "aabbbb", loadbalance.LocalityConfig{Zone: "a", Enough: 2}, map[string]int{"a": 1000}},
		{"half of enough are near", "aabbbb", loadbalance.LocalityConfig{Zone: "a", Enough: 4}, map[string]int{"a": 500, "b": 500}},
		{"the next are too few as well", "aabccc", loadbalance.LocalityConfig{Rank: byLetter, Enough: 4},
			map[string]int{"a": 500, "b": 125, "c": 375}},
		{"near ones are busy", "aabbbb", loadbalance.LocalityConfig{Zone: "a", Busy: 100}, map[string]int{"a": 600, "b": 400}},
		{"near ones are not busy enough", "aabbbb", loadbalance.LocalityConfig{Zone: "a", Busy: 500}, map[string]int{"a": 1000}},
		{"all are busy", "aabb", loadbalance.LocalityConfig{Zone: "a", Busy: 100}, map[string]int{"a": 800, "b": 200}},
	} {
		p := loadbalance.Locality(loadbalance.Random(), c.config).Balance(zoned(c.zones))
		got := parts(t, p, c.zones, 1000)
		for zone := range maps.Keys(got) {
			if d := got[zone] - c.want[zone]; d > 60 || -d > 60 {
				t.Errorf("%s: got %v, want %v", c.what, got, c.want)
				break
			}
		}
		if _, hears := p.(loadbalance.Tracker); hears != (c.config.Busy > 0) {
			t.Errorf("%s: got a Tracker: %v, want one if there is a limit only", c.what, hears)
		}
	}
}

// TestLocalityFailsOver tries all, the nearest first.
func TestLocalityFailsOver(t *testing.T) {
	const zones = "cabcab"
	p := loadbalance.Locality(loadbalance.Random(), loadbalance.LocalityConfig{
		Rank: func(in discovery.Instance) int { return int(in.Tags["zone"][0]) },
	}).Balance(zoned(zones))
	var tried loadbalance.Tried
	var got string
	for range len(zones) {
		i, err := p.Pick(t.Context(), tried)
		if err != nil {
			t.Fatal(err)
		}
		tried = append(tried, i)
		got += zones[i : i+1]
	}
	if got != "aabbcc" {
		t.Errorf("got zones %s, want aabbcc", got)
	}
}

// TestLocalityLeavesTheEjected has all near instances fail, and recover.
func TestLocalityLeavesTheEjected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const zones = "aabb"
		p := loadbalance.Locality(loadbalance.Eject(loadbalance.Random(), loadbalance.EjectConfig{MaxPercent: 100}),
			loadbalance.LocalityConfig{Zone: "a"}).Balance(zoned(zones))
		outcome := func(i int) rpc.Outcome {
			if zones[i] == 'a' && time.Now().Before(time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC)) {
				return rpc.Failed
			}
			return rpc.Answered
		}
		count := func() string {
			near := 0
			for range 100 {
				i := begin(t, p)
				p.(loadbalance.Tracker).End(i, time.Millisecond, outcome(i))
				if zones[i] == 'a' {
					near++
				}
			}
			return fmt.Sprint(near)
		}
		if got := count(); got < "10" || got > "15" && len(got) > 1 {
			t.Errorf("got %s near calls while all near fail, want those that it takes to know", got)
		}
		if got := count(); got != "0" {
			t.Errorf("got %s near calls once they are ejected, want none", got)
		}
		time.Sleep(29 * time.Second)
		if got := count(); got != "0" {
			t.Errorf("got %s near calls after 29 s, want none", got)
		}
		time.Sleep(2 * time.Second)
		if got := count(); got != "2" {
			t.Errorf("got %s near calls after 31 s, want a trial each", got)
		}
		p = p.(loadbalance.Renewer).Renew(zoned(zones)[2:])
		p = p.(loadbalance.Renewer).Renew(zoned(zones))
		if got := count(); got != "0" {
			t.Errorf("got %s near calls once the near ones went and came, want none", got)
		}
		time.Sleep(time.Minute)
		if got := count(); got != "100" {
			t.Errorf("got %s near calls once they are well, want all", got)
		}
	})
}

func TestSubset(t *testing.T) {
	members := func(c loadbalance.SubsetConfig, instances []discovery.Instance) map[rpc.Address]bool {
		p := loadbalance.Subset(loadbalance.RoundRobin(), c).Balance(instances)
		got := map[rpc.Address]bool{}
		for range len(instances) {
			i, err := p.Pick(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			got[instances[i].Address] = true
		}
		return got
	}
	hundred := loadbalancetest.Instances(slices.Repeat([]int{10}, 100)...)
	for _, c := range []struct{ size, instances, want int }{
		{0, 100, 20}, {0, 20, 20}, {0, 19, 19}, {1, 100, 1}, {7, 8, 7}, {100, 100, 100}, {1000, 100, 100},
	} {
		for client := range uint64(50) {
			got := members(loadbalance.SubsetConfig{Size: c.size, Client: client}, hundred[:c.instances])
			if len(got) != c.want {
				t.Errorf("size %d of %d, client %d: got %d instances, want %d", c.size, c.instances, client, len(got), c.want)
			}
		}
	}
	// Clients with ordinals spread evenly, whatever their number.
	for _, clients := range []uint64{10, 37, 100, 1000} {
		used := map[rpc.Address]int{}
		for client := range clients {
			for a := range members(loadbalance.SubsetConfig{Size: 10, Client: client}, hundred) {
				used[a]++
			}
		}
		fair := float64(clients) * 10 / 100
		for _, in := range hundred {
			if n := float64(used[in.Address]); n < fair/2-1 || n > 1.5*fair+1 {
				t.Errorf("%d clients: got %v of them at %v, want about %v", clients, n, in.Address, fair)
			}
		}
	}
	// Who comes and goes moves a window by one at most.
	for client := range uint64(100) {
		c := loadbalance.SubsetConfig{Size: 10, Client: client}
		before, after := members(c, hundred), members(c, hundred[:99])
		lost := 0
		for a := range before {
			if !after[a] {
				lost++
			}
		}
		if lost > 1 {
			t.Errorf("client %d: got %d instances given up when another goes, want at most one", client, lost)
		}
		reversed := slices.Clone(hundred)
		slices.Reverse(reversed)
		if !maps.Equal(members(c, reversed), before) {
			t.Errorf("client %d: got another part for another order", client)
		}
	}
}
