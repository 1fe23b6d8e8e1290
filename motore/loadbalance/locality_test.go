package loadbalance_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/loadbalance/loadbalancetest"
	"github.com/volo-go/volo/motore/rpc"
)

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
