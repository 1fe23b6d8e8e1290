package loadbalance_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/loadbalance/loadbalancetest"
)

// subjects are all balancers there are.
var subjects = []struct {
	name string
	loadbalancetest.Subject
}{
	{"random", loadbalancetest.Subject{Balancer: loadbalance.Random()}},
	{"roundrobin", loadbalancetest.Subject{Balancer: loadbalance.RoundRobin()}},
	{"p2c", loadbalancetest.Subject{Balancer: loadbalance.P2C()}},
	{"least", loadbalancetest.Subject{Balancer: loadbalance.LeastRequests{}}},
	{"least of four", loadbalancetest.Subject{Balancer: loadbalance.LeastRequests{Choices: 4}}},
	{"least of all", loadbalancetest.Subject{Balancer: loadbalance.LeastRequests{Choices: 5000}}},
	{"consistent", withKeys(loadbalance.Consistent{})},
	{"maglev", withKeys(loadbalance.Maglev{})},
	{"consistent bounded", withKeys(loadbalance.Consistent{Excess: .25})},
	{"maglev bounded", withKeys(loadbalance.Maglev{Excess: .25})},
	{"pick first", loadbalancetest.Subject{Balancer: loadbalance.PickFirst()}},
	{"locality", loadbalancetest.Subject{Balancer: loadbalance.Locality(loadbalance.RoundRobin(), byAddress)}},
	{"locality busy", loadbalancetest.Subject{Balancer: loadbalance.Locality(loadbalance.P2C(),
		loadbalance.LocalityConfig{Rank: byAddress.Rank, Enough: 2, Busy: 3})}},
	{"subset", loadbalancetest.Subject{Balancer: loadbalance.Subset(loadbalance.RoundRobin(), loadbalance.SubsetConfig{Size: 5000})}},
	{"subset of p2c", loadbalancetest.Subject{Balancer: loadbalance.Subset(loadbalance.P2C(), loadbalance.SubsetConfig{Size: 5000})}},
	{"eject random", loadbalancetest.Subject{Balancer: loadbalance.Eject(loadbalance.Random(), loadbalance.EjectConfig{})}},
	{"eject roundrobin", loadbalancetest.Subject{Balancer: loadbalance.Eject(loadbalance.RoundRobin(), loadbalance.EjectConfig{})}},
	{"eject p2c", loadbalancetest.Subject{Balancer: loadbalance.Eject(loadbalance.P2C(), loadbalance.EjectConfig{})}},
	{"eject maglev", withKeys(loadbalance.Eject(loadbalance.Maglev{Excess: 1}, loadbalance.EjectConfig{}))},
	{"all at once", loadbalancetest.Subject{Balancer: loadbalance.Locality(loadbalance.Subset(
		loadbalance.Eject(loadbalance.P2C(), loadbalance.EjectConfig{}), loadbalance.SubsetConfig{Size: 5000}), byAddress)}},
}

// byAddress has instances in three places.
var byAddress = loadbalance.LocalityConfig{Rank: func(in discovery.Instance) int {
	return int(loadbalance.Hash(in.Address.String()) % 3)
}}

func withKeys(b loadbalance.Balancer) loadbalancetest.Subject {
	return loadbalancetest.Subject{Balancer: b, Context: func(ctx context.Context, n int) context.Context {
		return loadbalance.WithKey(ctx, strconv.Itoa(n))
	}}
}

func TestConformance(t *testing.T) {
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) { loadbalancetest.Run(t, s.Subject) })
	}
}

// TestDistribution counts where 100,000 calls go, and where they go next if
// the first attempt fails.
func TestDistribution(t *testing.T) {
	const calls = 100_000
	for _, c := range []struct {
		weights []int
		// the greatest deviations from the fair share, relative: of those who
		// draw, and of those who take turns. Hashes have their own.
		drawn, inTurn float64
	}{
		{[]int{1, 1, 1, 1}, .03, .001},
		{[]int{10, 20, 30}, .03, .001},
		{[]int{5, 1, 1}, .04, .001},
		{[]int{100, 10, 1}, .15, .01},
		{[]int{1000, 10}, .15, .01},
	} {
		within := map[string]float64{"roundrobin": c.inTurn, "eject roundrobin": c.inTurn, "subset": c.inTurn, "consistent": .35}
		for _, name := range []string{"random", "p2c", "least", "least of four", "eject random", "eject p2c", "subset of p2c", "maglev"} {
			within[name] = c.drawn
		}
		for _, s := range subjects {
			if within[s.name] == 0 {
				continue
			}
			instances := loadbalancetest.Instances(c.weights...)
			picker := s.Balancer.Balance(instances)
			first, second := make([]int, len(instances)), make([][]int, len(instances))
			for i := range second {
				second[i] = make([]int, len(instances))
			}
			for n := range calls {
				ctx := t.Context()
				if s.Context != nil {
					ctx = s.Context(ctx, n)
				}
				i, err := picker.Pick(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				first[i]++
				j, err := picker.Pick(ctx, loadbalance.Tried{i})
				if err != nil {
					t.Fatal(err)
				}
				second[i][j]++
			}
			if off := deviation(first, c.weights, -1); off > within[s.name] {
				t.Errorf("%s, weights %v: got %v calls, %.1f%% off their share, want at most %.1f%%",
					s.name, c.weights, first, 100*off, 100*within[s.name])
			}
			// Only random promises the weights for what comes second.
			if s.name == "random" {
				for i := range second {
					if off := deviation(second[i], c.weights, i); first[i] > calls/10 && off > .15 {
						t.Errorf("%s, weights %v, after instance %d: got %v calls, %.1f%% off, want at most 15%%",
							s.name, c.weights, i, second[i], 100*off)
					}
				}
			}
		}
	}
}

// deviation returns how far the counts are from the weights, at worst, as a
// part of what an instance should have got; without leaves one out.
func deviation(counts, weights []int, without int) float64 {
	total, sum := 0, 0
	for i := range counts {
		if i != without {
			total += counts[i]
			sum += weights[i]
		}
	}
	worst := 0.0
	for i := range counts {
		if i == without {
			continue
		}
		fair := float64(total) * float64(weights[i]) / float64(sum)
		worst = max(worst, abs(float64(counts[i])-fair)/fair)
	}
	return worst
}

func abs(x float64) float64 { return max(x, -x) }

func BenchmarkPick(b *testing.B) {
	for _, s := range subjects {
		for _, n := range []int{3, 100, 5000} {
			for _, shape := range []string{"equal", "weighted"} {
				b.Run(fmt.Sprintf("%s/%s/n=%d", s.name, shape, n), func(b *testing.B) {
					picker, ctx := s.Balancer.Balance(fleet(n, shape)), b.Context()
					if s.Context != nil {
						ctx = s.Context(ctx, 1)
					}
					b.ReportAllocs()
					for b.Loop() {
						picker.Pick(ctx, nil)
					}
				})
			}
		}
	}
}

// BenchmarkBalance shows what a change of instances costs.
func BenchmarkBalance(b *testing.B) {
	for _, s := range subjects {
		for _, shape := range []string{"equal", "weighted", "one heavy"} {
			b.Run(fmt.Sprintf("%s/%s/n=1000", s.name, shape), func(b *testing.B) {
				instances := fleet(1000, shape)
				b.ReportAllocs()
				for b.Loop() {
					s.Balancer.Balance(instances)
				}
			})
		}
	}
}

func fleet(n int, shape string) []discovery.Instance {
	weights := make([]int, n)
	for i := range weights {
		weights[i] = discovery.DefaultWeight
		if shape == "weighted" {
			weights[i] = 1 + i%20
		}
		if shape == "one heavy" && i == 0 {
			weights[i] = discovery.MaxWeight
		}
	}
	return loadbalancetest.Instances(weights...)
}
