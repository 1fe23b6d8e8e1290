// Package balance measures balancers, without a network: what a pick costs,
// what a change of instances costs, where calls go, and which keys move when
// an instance comes or goes.
package balance

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// A subject is a balancer to measure.
type subject struct {
	name string
	loadbalance.Balancer
	keyed bool
}

func subjects() []subject {
	eject := loadbalance.Eject(loadbalance.P2C(), loadbalance.EjectConfig{})
	return []subject{
		{"random", loadbalance.Random(), false},
		{"round robin", loadbalance.RoundRobin(), false},
		{"p2c", loadbalance.P2C(), false},
		{"least requests", loadbalance.LeastRequests{}, false},
		{"consistent", loadbalance.Consistent{}, true},
		{"consistent, bounded", loadbalance.Consistent{Excess: .25}, true},
		{"maglev", loadbalance.Maglev{}, true},
		{"maglev, bounded", loadbalance.Maglev{Excess: .25}, true},
		{"eject p2c", eject, false},
		{"locality eject p2c", loadbalance.Locality(eject, loadbalance.LocalityConfig{}), false},
	}
}

// Sizes are the numbers of instances that a balancer is measured with.
var Sizes = []int{3, 100, 5000}

// Write measures all balancers with each of the sizes and writes a table of
// each size. Each cost is measured for about the time each.
func Write(ctx context.Context, w io.Writer, sizes []int, each time.Duration) error {
	for _, n := range sizes {
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
		fmt.Fprintf(t, "%d instances\tns/pick\tns/call\tns/stage\tB/stage\tµs/update\tKiB/update\tmax/mean\tchi²/df\tremoved %%\tadded %%\t\n", n)
		for _, s := range subjects() {
			if err := ctx.Err(); err != nil {
				return err
			}
			s.measure(n, each).write(t, s)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		fmt.Fprintf(w, "fair: %.3f%% of the keys move if one is removed, %.3f%% if one is added\n\n", 100/float64(n), 100/float64(n+1))
	}
	_, err := io.WriteString(w, `ns/pick: Pick alone; ns/call: Pick and, if it is a Tracker, Begin and End
ns/stage, B/stage: a call through a Stage, which tells the balancer what time it is
max/mean, chi²/df: calls per instance, all of the same weight; 0 is even, 1 is what chance makes of it
removed, added: keys that move when one instance goes or comes
`)
	return err
}

// A result is what was measured of one balancer with n instances.
type result struct {
	pick, call, stage, update cost
	most, chi                 float64
	removed, added            float64
}

func (r result) write(w io.Writer, s subject) {
	fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%.0f\t%.1f\t%.1f\t%.3f\t%.2f\t", s.name, r.pick.ns, r.call.ns, r.stage.ns, r.stage.bytes,
		r.update.ns/1e3, r.update.bytes/1024, r.most, r.chi)
	if s.keyed {
		fmt.Fprintf(w, "%.3f\t%.3f\t\n", 100*r.removed, 100*r.added)
		return
	}
	fmt.Fprint(w, "-\t-\t\n")
}

func (s subject) measure(n int, each time.Duration) result {
	fleet := instances(n + 1)
	picker := s.Balance(fleet[:n])
	tracker, _ := picker.(loadbalance.Tracker)
	keys := keysOf(s)
	var r result
	r.pick = timed(each, func(k int) { picker.Pick(keys[k%len(keys)], nil) })
	r.call = timed(each, func(k int) {
		i, _ := picker.Pick(keys[k%len(keys)], nil)
		if tracker != nil {
			tracker.Begin(i)
			tracker.End(i, time.Millisecond, rpc.Answered)
		}
	})
	r.stage = s.through(fleet[:n], keys, each)
	// One goes and comes back, as a Stage would see it.
	before := picker
	r.update = timed(each, func(k int) {
		after := fleet[:n-k%2]
		if renewer, ok := before.(loadbalance.Renewer); ok {
			before = renewer.Renew(after)
		} else {
			before = s.Balance(after)
		}
	})
	r.most, r.chi = s.spread(fleet[:n])
	if s.keyed {
		whole := s.places(fleet[:n])
		r.removed = moved(whole, s.places(fleet[:n-1]))
		r.added = moved(whole, s.places(fleet))
	}
	return r
}

// through measures calls through a Stage, of a service that answers at once.
func (s subject) through(fleet []discovery.Instance, keys []context.Context, each time.Duration) cost {
	stage := loadbalance.New(loadbalance.Config[rpc.Address, error]{
		Discoverer: discovery.Func(func(ctx context.Context, _ string, update func([]discovery.Instance)) error {
			update(fleet)
			<-ctx.Done()
			return nil
		}),
		Balancer: s.Balancer,
		Service:  func(rpc.Address) string { return "echo" },
		Use:      func(rpc.Address, discovery.Instance) {},
	})
	defer stage.Close()
	service := stage.Layer(motore.ServiceFunc[rpc.Address, error](func(context.Context, rpc.Address) (error, error) { return nil, nil }))
	return timed(each, func(k int) { service.Call(keys[k%len(keys)], rpc.Address{}) })
}

// instances returns n of them, as a fleet would be numbered.
func instances(n int) []discovery.Instance {
	out := make([]discovery.Instance, n)
	for i := range out {
		out[i] = discovery.Instance{Address: rpc.TCP(fmt.Sprintf("10.1.%d.%d:8080", i/250, 1+i%250)), Weight: discovery.DefaultWeight}
	}
	return out
}

// keysOf returns contexts with keys, if the subject wants any.
func keysOf(s subject) []context.Context {
	if !s.keyed {
		return []context.Context{context.Background()}
	}
	keys := make([]context.Context, 1<<10)
	for k := range keys {
		keys[k] = loadbalance.WithKey(context.Background(), strconv.Itoa(k))
	}
	return keys
}

// A cost is that of one operation.
type cost struct{ ns, bytes float64 }

// timed calls f for about the time each, with 0, 1, 2…
func timed(each time.Duration, f func(k int)) cost {
	f(0)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, k := time.Now(), 0
	for batch := 1; ; batch = min(2*batch, 1<<12) {
		for range batch {
			f(k)
			k++
		}
		if time.Since(start) >= each {
			break
		}
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return cost{float64(took.Nanoseconds()) / float64(k), float64(after.TotalAlloc-before.TotalAlloc) / float64(k)}
}

// spread makes at least two hundred calls for each instance, of which two for
// each are under way at a time, and returns how far the busiest is above the
// mean, and the deviation of all: chi-square by its degrees of freedom.
func (s subject) spread(fleet []discovery.Instance) (most, chi float64) {
	picker := s.Balance(fleet)
	tracker, _ := picker.(loadbalance.Tracker)
	n := len(fleet)
	counts := make([]float64, n)
	calls := max(200*n, 100_000)
	var underWay []int
	for k := range calls {
		ctx := context.Background()
		if s.keyed {
			ctx = loadbalance.WithKey(ctx, strconv.Itoa(k))
		}
		i, err := picker.Pick(ctx, nil)
		if err != nil {
			panic(err)
		}
		counts[i]++
		if tracker == nil {
			continue
		}
		tracker.Begin(i)
		if underWay = append(underWay, i); len(underWay) > 2*n {
			first := underWay[0]
			underWay = underWay[1:]
			tracker.End(first, time.Millisecond+rand.N(200*time.Microsecond), rpc.Answered)
		}
	}
	mean := float64(calls) / float64(n)
	for _, c := range counts {
		most = max(most, c/mean)
		chi += (c - mean) * (c - mean) / mean
	}
	return most, chi / float64(n-1)
}

// places returns where each of many keys goes.
func (s subject) places(fleet []discovery.Instance) []rpc.Address {
	picker := s.Balance(fleet)
	places := make([]rpc.Address, 200_000)
	for k := range places {
		i, err := picker.Pick(loadbalance.WithKey(context.Background(), strconv.Itoa(k)), nil)
		if err != nil {
			panic(err)
		}
		places[k] = fleet[i].Address
	}
	return places
}

// moved returns the part of the keys that are not where they were.
func moved(before, after []rpc.Address) float64 {
	n := 0
	for k := range before {
		if before[k] != after[k] {
			n++
		}
	}
	return float64(n) / float64(len(before))
}
