package breaker_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/rpc"
)

// A call ends as its request says.
type request = rpc.Outcome

type ended rpc.Outcome

func (e ended) Error() string        { return "ended " + rpc.Outcome(e).String() }
func (e ended) Outcome() rpc.Outcome { return rpc.Outcome(e) }

const (
	ok       = rpc.Answered
	failed   = rpc.Failed
	lost     = rpc.Lost
	unsent   = rpc.Unsent
	rejected = rpc.Rejected
	canceled = rpc.Canceled
)

// obeying is the service below the breaker.
var obeying = motore.ServiceFunc[request, string](func(_ context.Context, req request) (string, error) {
	if req == ok {
		return "ok", nil
	}
	return "", ended(req)
})

// A guarded service with a log of what its circuits did.
type guarded struct {
	motore.Service[request, string]
	circuits breaker.Circuits
	changes  []string
}

func guard(c breaker.Config, below motore.Service[request, string]) *guarded {
	g := new(guarded)
	c.Circuits = &g.circuits
	c.Changed = func(change breaker.Change) {
		g.changes = append(g.changes, fmt.Sprint(change.From, "→", change.To))
	}
	g.Service = breaker.New[request, string](c, nil)(below)
	return g
}

func (g *guarded) state() breaker.State {
	for s := range g.circuits.All() {
		return s.State
	}
	return breaker.Closed
}

func call(ctx context.Context, s motore.Service[request, string], info rpc.Info, outcomes ...request) (err error) {
	for _, o := range outcomes {
		_, err = s.Call(rpc.NewContext(ctx, &info), o)
	}
	return err
}

func many(n int, o request) []request { return slices.Repeat([]request{o}, n) }

var item = rpc.Info{Service: "Item", Method: "Get", Callee: rpc.Endpoint{Address: rpc.TCP("a:1")}}

func TestWhatOpensACircuit(t *testing.T) {
	ratio := breaker.Config{MinCalls: 10, Ratio: 0.5, Consecutive: -1, Window: 10 * time.Second}
	row := breaker.Config{MinCalls: 1000, Consecutive: 5}
	for _, c := range []struct {
		what   string
		config breaker.Config
		before []request
		wait   time.Duration
		after  []request
		want   breaker.State
	}{
		{"nothing opens it while all is well", ratio, many(100, ok), 0, nil, breaker.Closed},
		{"half of the calls failing", ratio, many(5, ok), 0, many(5, failed), breaker.Open},
		{"half is what no number stands for", breaker.Config{MinCalls: 10, Ratio: math.NaN(), Consecutive: -1}, many(5, ok), 0, many(5, failed), breaker.Open},
		{"less than half does not", ratio, many(6, ok), 0, many(5, failed), breaker.Closed},
		{"too few calls to tell", ratio, many(9, failed), 0, nil, breaker.Closed},
		{"just enough of them", ratio, many(10, failed), 0, nil, breaker.Open},
		{"what was lost counts", ratio, many(10, lost), 0, nil, breaker.Open},
		{"what could not be sent counts", ratio, many(10, unsent), 0, nil, breaker.Open},
		{"what the caller did wrong does not", ratio, many(100, rejected), 0, nil, breaker.Closed},
		{"nor what the caller gave up", ratio, many(100, canceled), 0, nil, breaker.Closed},
		{"nor do they count as calls", ratio, slices.Concat(many(50, canceled), many(50, rejected), many(5, ok)), 0, many(5, failed), breaker.Open},
		{"failures within the window", ratio, many(5, failed), 9 * time.Second, many(5, failed), breaker.Open},
		{"those before it are forgotten", ratio, many(5, failed), 10 * time.Second, many(5, failed), breaker.Closed},
		{"successes before it are too", ratio, many(1000, ok), 10 * time.Second, many(10, failed), breaker.Open},
		{"failures in a row, however few", row, many(4, failed), time.Hour, many(1, failed), breaker.Open},
		{"a success interrupts the row", row, append(many(4, failed), ok), 0, many(4, failed), breaker.Closed},
		{"what says nothing does not", row, append(many(4, failed), canceled, rejected), 0, many(1, failed), breaker.Open},
		{"by default 20 calls of which half failed", breaker.Config{Consecutive: -1}, many(10, ok), 0, many(10, failed), breaker.Open},
		{"by default 10 in a row", breaker.Config{}, nil, 0, many(10, failed), breaker.Open},
		{"a ratio above one and no row never do", breaker.Config{Ratio: 1.1, Consecutive: -1}, many(1000, failed), 0, nil, breaker.Closed},
		{"outcomes may be judged otherwise", breaker.Config{Outcome: func(error) rpc.Outcome { return rpc.Answered }},
			many(1000, failed), 0, nil, breaker.Closed},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := guard(c.config, obeying)
			call(t.Context(), g, item, c.before...)
			time.Sleep(c.wait)
			call(t.Context(), g, item, c.after...)
			if got := g.state(); got != c.want {
				t.Errorf("%s: got %v, want %v", c.what, got, c.want)
			}
		})
	}
}

// quick opens after two failures, for a second.
var quick = breaker.Config{Consecutive: 2, OpenTime: time.Second, MaxOpenTime: 4 * time.Second}

// Open times vary by a fifth; this is surely after one of d.
func after(d time.Duration) time.Duration { return d * 6 / 5 }

func TestAnOpenCircuit(t *testing.T) {
	for _, c := range []struct {
		what  string
		then  func(ctx context.Context, g *guarded)
		state breaker.State
		log   string // of changes after it has opened
	}{
		{"refuses for its time", func(ctx context.Context, g *guarded) {
			time.Sleep(time.Second * 4 / 5)
			call(ctx, g, item, ok, ok)
		}, breaker.Open, ""},
		{"lets a probe pass then", func(ctx context.Context, g *guarded) {
			time.Sleep(after(time.Second))
			call(ctx, g, item, ok)
		}, breaker.HalfOpen, "open→half-open"},
		{"closes after two that succeed", func(ctx context.Context, g *guarded) {
			time.Sleep(after(time.Second))
			call(ctx, g, item, ok, ok)
		}, breaker.Closed, "open→half-open half-open→closed"},
		{"opens again if one fails", func(ctx context.Context, g *guarded) {
			time.Sleep(after(time.Second))
			call(ctx, g, item, ok, failed, ok)
		}, breaker.Open, "open→half-open half-open→open"},
		{"stays open for longer then", func(ctx context.Context, g *guarded) {
			time.Sleep(after(time.Second))
			call(ctx, g, item, failed)
			time.Sleep(after(time.Second))
			call(ctx, g, item, ok)
		}, breaker.Open, "open→half-open half-open→open"},
		{"twice as long", func(ctx context.Context, g *guarded) {
			time.Sleep(after(time.Second))
			call(ctx, g, item, failed)
			time.Sleep(after(2 * time.Second))
			call(ctx, g, item, ok)
		}, breaker.HalfOpen, "open→half-open half-open→open open→half-open"},
		{"up to a bound", func(ctx context.Context, g *guarded) {
			for range 50 {
				time.Sleep(after(4 * time.Second))
				call(ctx, g, item, failed)
			}
			time.Sleep(after(4 * time.Second))
			call(ctx, g, item, ok)
		}, breaker.HalfOpen, strings.Repeat("open→half-open half-open→open ", 50) + "open→half-open"},
		{"learns nothing from a probe that was given up", func(ctx context.Context, g *guarded) {
			time.Sleep(after(time.Second))
			call(ctx, g, item, canceled, rejected, ok)
		}, breaker.HalfOpen, "open→half-open"},
		{"starts anew once closed", func(ctx context.Context, g *guarded) {
			time.Sleep(after(time.Second))
			call(ctx, g, item, ok, ok, failed)
		}, breaker.Closed, "open→half-open half-open→closed"},
		{"opens again for the first time only", func(ctx context.Context, g *guarded) {
			time.Sleep(after(time.Second))
			call(ctx, g, item, failed)
			time.Sleep(after(2 * time.Second))
			call(ctx, g, item, ok, ok, failed, failed)
			time.Sleep(after(time.Second))
			call(ctx, g, item, ok)
		}, breaker.HalfOpen, "open→half-open half-open→open open→half-open half-open→closed closed→open open→half-open"},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := guard(quick, obeying)
			call(t.Context(), g, item, failed, failed)
			if got := strings.Join(g.changes, " "); got != "closed→open" {
				t.Fatalf("got changes %q, want it open", got)
			}
			c.then(t.Context(), g)
			if got := g.state(); got != c.state {
				t.Errorf("an open circuit %s: got %v, want %v", c.what, got, c.state)
			}
			if got, want := strings.Join(g.changes[1:], " "), c.log; got != want {
				t.Errorf("an open circuit %s: got changes %q, want %q", c.what, got, want)
			}
		})
	}
}

func TestARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard(quick, obeying)
		call(t.Context(), g, item, failed, failed)
		err := call(t.Context(), g, item, ok)
		e, found := errors.AsType[*breaker.Error](err)
		if !found || rpc.OutcomeOf(err) != rpc.Unsent {
			t.Fatalf("got %v, outcome %v, want an *Error of a call that was not sent", err, rpc.OutcomeOf(err))
		}
		d, said := e.RetryAfter()
		if !said || d < 800*time.Millisecond || d > 1200*time.Millisecond {
			t.Errorf("got retry after %v, %v, want a second, a fifth more or less", d, said)
		}
		want := fmt.Sprintf("breaker: the circuit of Item.Get at a:1 is open, after 2 of 2 calls failed; it is tried again in %v", d.Round(time.Millisecond))
		if err.Error() != want {
			t.Errorf("got message\n%s, want\n%s", err, want)
		}
	})
}

func TestOpenTimesVary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seen := make(map[time.Duration]bool)
		for range 20 {
			g := guard(quick, obeying)
			call(t.Context(), g, item, failed, failed)
			for s := range g.circuits.All() {
				seen[time.Until(s.Until)] = true
			}
		}
		if len(seen) < 10 {
			t.Errorf("got %d different times for 20 circuits: clients come back together", len(seen))
		}
	})
}

func TestProbesAreFew(t *testing.T) {
	for _, c := range []struct {
		probes, want int
	}{{0, 1}, {1, 1}, {3, 3}} {
		synctest.Test(t, func(t *testing.T) {
			release, passed := make(chan struct{}), 0
			var mu sync.Mutex
			config := quick
			config.Probes = c.probes
			g := guard(config, motore.ServiceFunc[request, string](func(ctx context.Context, req request) (string, error) {
				if req == ok {
					mu.Lock()
					passed++
					mu.Unlock()
					<-release
				}
				return obeying(ctx, req)
			}))
			call(t.Context(), g, item, failed, failed)
			time.Sleep(after(time.Second))
			var wg sync.WaitGroup
			for range 10 {
				wg.Go(func() {
					if err := call(t.Context(), g, item, ok); err != nil && !strings.HasSuffix(err.Error(), "half-open, after 2 of 2 calls failed; it is being tried") {
						t.Errorf("got %v, want a refusal that says why", err)
					}
				})
			}
			synctest.Wait()
			if passed != c.want {
				t.Errorf("with %d probes: got %d under way, want %d", c.probes, passed, c.want)
			}
			close(release)
			wg.Wait()
		})
	}
}

func TestAProbeThatNeverComesBackIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		g := guard(quick, motore.ServiceFunc[request, string](func(ctx context.Context, req request) (string, error) {
			if req == lost {
				<-ctx.Done()
			}
			return obeying(ctx, req)
		}))
		call(t.Context(), g, item, failed, failed)
		time.Sleep(after(time.Second))
		done := make(chan struct{})
		go func() {
			defer close(done)
			call(ctx, g, item, lost)
		}()
		synctest.Wait()
		if err := call(t.Context(), g, item, ok); err == nil {
			t.Error("a second probe passed beside the first")
		}
		time.Sleep(4 * time.Second)
		if err := call(t.Context(), g, item, ok); err != nil {
			t.Errorf("got %v, want another probe after as long as a circuit may be open", err)
		}
		cancel()
		<-done
	})
}

func TestAPanicOfAProbeIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard(quick, motore.ServiceFunc[request, string](func(ctx context.Context, req request) (string, error) {
			if req == ok {
				panic("boom")
			}
			return obeying(ctx, req)
		}))
		call(t.Context(), g, item, failed, failed)
		time.Sleep(after(time.Second))
		func() {
			defer func() { recover() }()
			call(t.Context(), g, item, ok)
		}()
		if got := g.state(); got != breaker.Open {
			t.Errorf("got %v, want open", got)
		}
	})
}

func TestKeys(t *testing.T) {
	b := item
	b.Callee.Address = rpc.TCP("b:1")
	put := item
	put.Method = "Put"
	for _, c := range []struct {
		what                   string
		key                    func(*rpc.Info) breaker.Key
		name                   string // of the circuit that opens
		otherMethod, otherPeer bool   // whether it concerns them
	}{
		{"by instance and method", nil, "Item.Get at a:1", false, false},
		{"by instance", breaker.ByInstance, "a:1", true, false},
		{"by method", breaker.ByMethod, "Item.Get", false, true},
		{"by service", func(info *rpc.Info) breaker.Key { return breaker.Key{Service: info.Service} }, "Item", true, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			config := quick
			config.Key = c.key
			g := guard(config, obeying)
			call(t.Context(), g, item, failed, failed)
			for s := range g.circuits.All() {
				if got := s.Key.String(); got != c.name || s.State != breaker.Open || s.Tally != (breaker.Tally{Calls: 2, Failures: 2}) {
					t.Errorf("%s: got circuit %q %v with %v, want %q open", c.what, got, s.State, s.Tally, c.name)
				}
			}
			if got := call(t.Context(), g, put, ok) != nil; got != c.otherMethod {
				t.Errorf("%s: another method is refused: got %v, want %v", c.what, got, c.otherMethod)
			}
			if got := call(t.Context(), g, b, ok) != nil; got != c.otherPeer {
				t.Errorf("%s: another instance is refused: got %v, want %v", c.what, got, c.otherPeer)
			}
		})
	}
}

func TestTheNumberOfCircuitsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard(quick, obeying)
		info := item
		to := func(prefix string, n int, outcomes ...request) {
			for i := range n {
				info.Method = fmt.Sprint(prefix, i)
				call(t.Context(), g, info, outcomes...)
			}
		}
		count := func() (n, open int) {
			for s := range g.circuits.All() {
				if n++; s.State == breaker.Open {
					open++
				}
			}
			return n, open
		}
		to("broken", 3, failed, failed)
		to("used", breaker.MaxCircuits+100, ok)
		if n, _ := count(); n != breaker.MaxCircuits {
			t.Errorf("got %d circuits, want %d", n, breaker.MaxCircuits)
		}
		info.Method = "one too many"
		if err := call(t.Context(), g, info, failed, failed, failed, failed); rpc.OutcomeOf(err) != failed {
			t.Errorf("got %v, want a call that passes unguarded", err)
		}
		time.Sleep(20 * time.Second)
		to("later", breaker.MaxCircuits, ok) // pays for the copy that makes room
		to("later", 100, failed, failed)
		if _, open := count(); open != 103 {
			t.Errorf("got %d open circuits, want 100 new ones and the 3 old", open)
		}
	})
}

func TestRefusalsMayBePutOtherwise(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := breaker.New[request, string](quick, func(req request, e *breaker.Error) error {
			return fmt.Errorf("%v: %w", req, e)
		})(obeying)
		err := call(t.Context(), s, item, failed, failed, ok)
		if err == nil || !strings.HasPrefix(err.Error(), "answered: breaker: ") {
			t.Errorf("got %v, want what refuse made of it", err)
		}
	})
}

func TestCallsWithoutFactsPass(t *testing.T) {
	s := breaker.New[request, string](quick, nil)(obeying)
	for range 10 {
		if _, err := s.Call(t.Context(), failed); rpc.OutcomeOf(err) != failed {
			t.Fatalf("got %v, want the call's own error", err)
		}
	}
}

func TestNoCountIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := guard(breaker.Config{Ratio: 2, Consecutive: -1}, obeying)
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() { call(t.Context(), g, item, append(many(500, failed), many(500, ok)...)...) })
		}
		wg.Wait()
		for s := range g.circuits.All() {
			if want := (breaker.Tally{Calls: 20_000, Failures: 10_000}); s.Tally != want {
				t.Errorf("got %v, want %v", s.Tally, want)
			}
		}
	})
}

func BenchmarkBreaker(b *testing.B) {
	s := breaker.New[request, string](breaker.Config{}, nil)(obeying)
	ctx := rpc.NewContext(b.Context(), &item)
	b.ReportAllocs()
	for b.Loop() {
		s.Call(ctx, ok)
	}
}
