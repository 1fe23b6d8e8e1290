package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/pin"
	"github.com/volo-go/volo/integration/bench/report"
)

// This file measures what governance adds to a call: a client with discovery,
// balancing, outlier ejection, a breaker and a deadline against the same client
// with a fixed address. In process, a layer answers in place of the network; over
// loopback, the server is another process, so that what is counted is the client.

const (
	governanceName  = "governance"
	governanceAbout = "what discovery, balancing, ejection, a breaker and a deadline add to a call"

	addedTime   = 1000 // ns
	addedAllocs = 2
)

// A governed is a client without and with governance.
type governed struct {
	name        string
	remote      bool // the server is another process
	callers     []int
	plain, full func(context.Context) error
	close       []func() error
}

// A cost is what one call takes: time of this process's processors, time of a
// caller, allocations.
type cost struct{ cpu, wait, allocs float64 }

func (c cost) plus(d cost) cost     { return cost{c.cpu + d.cpu, c.wait + d.wait, c.allocs + d.allocs} }
func (c cost) times(f float64) cost { return cost{c.cpu * f, c.wait * f, c.allocs * f} }

// governance measures all clients, with all numbers of callers, and judges what
// the layers add.
func (s *session) governance(ctx context.Context) (verdicts []report.Verdict, err error) {
	cores, pinned := s.cores(true)
	fmt.Fprintf(s.out, "%s: %s%s\n\n%-20s %8s %9s %8s %8s %9s %8s %8s %8s\n", governanceName, governanceAbout,
		map[bool]string{true: ", pinned"}[pinned],
		"client", "callers", "CPU ns", "+", "±", "wait µs", "+", "allocs", "+")
	for _, make := range []func(context.Context, catalog, starter) (governed, error){thriftInProcess, grpcInProcess, thriftLoopback, grpcLoopback} {
		g, err := make(ctx, s.catalog, round{Config: report.Config{Pinned: pinned}}.start(cores.server))
		if err != nil {
			return verdicts, err
		}
		if g.remote && len(s.callers) > 0 {
			g.callers = s.callers
		}
		for _, callers := range g.callers {
			var more []report.Verdict
			more, err = s.placed(ctx, g, callers, cores, pinned)
			if verdicts = append(verdicts, more...); err != nil {
				break
			}
		}
		for _, f := range g.close {
			err = errors.Join(err, f())
		}
		if err != nil {
			return verdicts, fmt.Errorf("%s: %w", g.name, err)
		}
	}
	fmt.Fprintln(s.out)
	return verdicts, nil
}

// placed measures a client on a core of its own; with one caller, on the
// server's: of the two, one at a time has something to do, and how long this
// machine takes to wake an idle core would be most of what is measured.
func (s *session) placed(ctx context.Context, g governed, callers int, at cores, pinned bool) (_ []report.Verdict, err error) {
	if !pinned {
		return s.govern(ctx, g, callers)
	}
	core := at.client
	if callers == 1 {
		core = at.server
	}
	back, err := onOne(core)
	defer func() { err = errors.Join(err, back()) }()
	if err != nil {
		return nil, err
	}
	return s.govern(ctx, g, callers)
}

// onOne has this process use one processor, that core, until back is called.
func onOne(core int) (back func() error, err error) {
	procs := runtime.GOMAXPROCS(1)
	free, err := pin.Self(core)
	return func() error {
		runtime.GOMAXPROCS(procs)
		if free == nil {
			return nil
		}
		return free()
	}, err
}

// govern measures one client. What counts is the median of what each round has
// added; ± is how far from that half of the rounds are at most.
func (s *session) govern(ctx context.Context, g governed, callers int) ([]report.Verdict, error) {
	var plain, added []cost
	for range s.rounds {
		a, b, err := pair(ctx, g, callers, s.window)
		if err != nil {
			return nil, err
		}
		plain, added = append(plain, a), append(added, b.plus(a.times(-1)))
	}
	if err := s.profileOf(ctx, g, callers); err != nil {
		return nil, err
	}
	before, more := middle(plain), middle(added)
	var off []cost
	for _, c := range added {
		off = append(off, cost{cpu: max(c.cpu-more.cpu, more.cpu-c.cpu)})
	}
	fmt.Fprintf(s.out, "%-20s %8d %9.0f %+8.0f %8.0f %9.2f %+8.2f %8.1f %+8.1f\n", g.name, callers,
		before.cpu, more.cpu, middle(off).cpu, before.wait/1e3, more.wait/1e3, before.allocs, more.allocs)
	what := fmt.Sprintf("%s, %s, callers: %d", governanceName, g.name, callers)
	return []report.Verdict{
		{Target: fmt.Sprintf("%s: ns that it adds to a call on the client ≤ %d", what, addedTime), Got: more.cpu, Rounds: s.rounds, Met: more.cpu <= addedTime},
		// Half an allocation is what the runtime may do beside.
		{Target: fmt.Sprintf("%s: allocations that it adds to a call ≤ %d", what, addedAllocs), Got: more.allocs, Rounds: s.rounds, Met: more.allocs < addedAllocs+0.5},
	}, nil
}

// turns is how often the two clients change within a round: what changes on the
// machine meanwhile hits both.
const turns = 8

// pair measures both clients in turn, the first of a turn being the second of the
// next, each for half of d altogether.
func pair(ctx context.Context, g governed, callers int, d time.Duration) (plain, full cost, err error) {
	each := d / (2 * turns)
	measured := [2]cost{}
	for turn := range turns {
		for k := range 2 {
			which := (turn + k) % 2
			c, err := measure(ctx, callers, [2]func(context.Context) error{g.plain, g.full}[which], each)
			if err = errors.Join(err, ctx.Err()); err != nil {
				return plain, full, err
			}
			measured[which] = measured[which].plus(c.times(1. / turns))
		}
	}
	return measured[0], measured[1], nil
}

// measure makes calls for about d, after a tenth of it to warm up, and returns
// what one took. It is the time of this process's processors that is judged: how
// long a caller waits for another process says less about the client.
func measure(ctx context.Context, callers int, call func(context.Context) error, d time.Duration) (cost, error) {
	if _, err := repeat(ctx, callers, call, d/10); err != nil {
		return cost{}, err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, start := load.CPUTime(), time.Now()
	calls, err := repeat(ctx, callers, call, d)
	took := cost{cpu: float64((load.CPUTime() - cpu).Nanoseconds()), wait: float64(time.Since(start).Nanoseconds() * int64(callers))}
	runtime.ReadMemStats(&after)
	took.allocs = float64(after.Mallocs - before.Mallocs)
	return took.times(1 / calls), err
}

// repeat has callers call for about d and returns how often they did.
func repeat(ctx context.Context, callers int, call func(context.Context) error, d time.Duration) (float64, error) {
	const batch = 20 // calls between two looks at the clock
	var running sync.WaitGroup
	calls, failed := make([]int, callers), make([]error, callers)
	end := time.Now().Add(d)
	for i := range callers {
		running.Go(func() {
			for failed[i] == nil && time.Now().Before(end) {
				for range batch {
					if failed[i] = call(ctx); failed[i] != nil {
						return
					}
				}
				calls[i] += batch
			}
		})
	}
	running.Wait()
	total := 0
	for _, n := range calls {
		total += n
	}
	return float64(max(1, total)), errors.Join(failed...)
}

// profileOf writes a CPU profile of each client, if profiles are wanted.
func (s *session) profileOf(ctx context.Context, g governed, callers int) error {
	if s.profile == "" {
		return nil
	}
	for name, call := range map[string]func(context.Context) error{"plain": g.plain, "full": g.full} {
		f, err := os.Create(filepath.Join(s.profile, fmt.Sprintf("%s-%s-c%d.%s.pprof", governanceName, g.file(), callers, name)))
		if err != nil {
			return err
		}
		if err = pprof.StartCPUProfile(f); err == nil {
			_, err = repeat(ctx, callers, call, s.window)
			pprof.StopCPUProfile()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// middle returns the medians, each for itself.
func middle(costs []cost) cost {
	pick := func(of func(cost) float64) float64 {
		values := make([]float64, len(costs))
		for i, c := range costs {
			values[i] = of(c)
		}
		slices.Sort(values)
		return values[len(values)/2]
	}
	return cost{pick(func(c cost) float64 { return c.cpu }), pick(func(c cost) float64 { return c.wait }), pick(func(c cost) float64 { return c.allocs })}
}
