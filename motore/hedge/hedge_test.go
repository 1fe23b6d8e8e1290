package hedge_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/hedge"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
)

type ended rpc.Outcome

func (e ended) Error() string        { return "ended " + rpc.Outcome(e).String() }
func (e ended) Outcome() rpc.Outcome { return rpc.Outcome(e) }

type script = motoretest.Script[string, string]

func steps() *script { return motoretest.New[string, string]() }

// split copies the facts; strings need no copy.
func split(ctx context.Context, req string) (context.Context, string) {
	info := *rpc.FromContext(ctx)
	return rpc.NewContext(ctx, &info), req
}

const s = time.Second

// plenty lets everything be hedged.
func plenty() *retry.Budget { return retry.NewBudget(1, 100) }

func TestHedge(t *testing.T) {
	after := hedge.Config{Delay: s}
	three := hedge.Config{Delay: s, Attempts: 3}
	for _, c := range []struct {
		what     string
		config   hedge.Config
		info     rpc.Info
		next     *script
		want     string // "" for the error
		err      error
		took     time.Duration
		attempts int
		winner   int // as the facts have it
	}{
		{"an answer in time is all", after, rpc.Info{Idempotent: true}, steps().After(s - 1).Return("a").Return("b"), "a", nil, s - 1, 1, 0},
		{"a late one is overtaken", after, rpc.Info{Idempotent: true}, steps().Block().After(s).Return("b"), "b", nil, 2 * s, 2, 1},
		{"unless it comes first", after, rpc.Info{Idempotent: true}, steps().After(3 * s / 2).Return("a").Block(), "a", nil, 3 * s / 2, 2, 0},
		{"a third attempt", three, rpc.Info{Idempotent: true}, steps().Block().Block().Return("c"), "c", nil, 2 * s, 3, 2},
		{"no more than may run", three, rpc.Info{Idempotent: true}, steps().After(9 * s).Return("a").Block(), "a", nil, 9 * s, 3, 0},
		{"one attempt is no hedge", hedge.Config{Delay: s, Attempts: 1}, rpc.Info{Idempotent: true}, steps().After(9 * s).Return("a"), "a", nil, 9 * s, 1, 0},
		{"no delay is none", hedge.Config{}, rpc.Info{Idempotent: true}, steps().After(9 * s).Return("a"), "a", nil, 9 * s, 1, 0},
		{"what is not idempotent passes", after, rpc.Info{}, steps().After(9 * s).Return("a"), "a", nil, 9 * s, 1, 0},
		{"what nobody waits for does too", after, rpc.Info{Idempotent: true, Oneway: true}, steps().After(9 * s).Return("a"), "a", nil, 9 * s, 1, 0},
		{"a failure in time is the end", after, rpc.Info{Idempotent: true}, steps().Fail(ended(rpc.Failed)), "", ended(rpc.Failed), 0, 1, 0},
		{"a failure waits for the other attempt", after, rpc.Info{Idempotent: true}, steps().After(2 * s).Fail(ended(rpc.Lost)).After(5 * s).Return("b"), "b", nil, 6 * s, 2, 1},
		{"two failures are one", after, rpc.Info{Idempotent: true}, steps().After(2 * s).Fail(ended(rpc.Lost)).After(5 * s).Fail(ended(rpc.Failed)), "", ended(rpc.Failed), 6 * s, 2, 1},
		{"a rejection is the answer", after, rpc.Info{Idempotent: true}, steps().After(2 * s).Fail(ended(rpc.Rejected)).Block(), "", ended(rpc.Rejected), 2 * s, 2, 0},
		{"without a budget nothing is hedged", hedge.Config{Delay: s, Budget: retry.NewBudget(0, 0)}, rpc.Info{Idempotent: true},
			steps().After(9 * s).Return("a"), "a", nil, 9 * s, 1, 0},
		{"a call made for a hedge is none", hedge.Config{Delay: s, Nested: func(context.Context) bool { return true }}, rpc.Info{Idempotent: true},
			steps().After(9 * s).Return("a"), "a", nil, 9 * s, 1, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			if c.config.Budget == nil {
				c.config.Budget = plenty()
			}
			start := time.Now()
			info := c.info
			got, err := hedge.New[string, string](c.config, split, nil)(c.next).Call(rpc.NewContext(t.Context(), &info), "q")
			if err != c.err || err == nil && got != c.want {
				t.Errorf("%s: got %q, %v, want %q, %v", c.what, got, err, c.want, c.err)
			}
			if took, n := time.Since(start), len(c.next.Calls()); took != c.took || n != c.attempts {
				t.Errorf("%s: took %v and %d attempts, want %v and %d", c.what, took, n, c.took, c.attempts)
			}
			if info.Attempt != c.winner {
				t.Errorf("%s: the facts are of attempt %d, want %d", c.what, info.Attempt, c.winner)
			}
		})
	}
}

func TestTheLoserIsCanceledAndGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var causes []error
		next := steps().Run(func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			time.Sleep(s) // it takes its time to clear up
			causes = append(causes, context.Cause(ctx))
			return "", ctx.Err()
		}).Return("b")
		start := time.Now()
		got, err := hedge.New[string, string](hedge.Config{Delay: s, Budget: plenty()}, split, nil)(next).
			Call(rpc.NewContext(t.Context(), &rpc.Info{Idempotent: true}), "q")
		if got != "b" || err != nil || len(causes) != 1 || causes[0] != hedge.ErrLost {
			t.Errorf("got %q, %v, the other one ended for %v, want b, and it told that it has lost", got, err, causes)
		}
		if took := time.Since(start); took != 2*s {
			t.Errorf("took %v, want it to wait for the other attempt", took)
		}
	}) // and no goroutine is left, or synctest panics
}

func TestACallerWhoGoesEndsAllAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*s)
		defer cancel()
		_, err := hedge.New[string, string](hedge.Config{Delay: s, Budget: plenty()}, split, nil)(steps().Block()).
			Call(rpc.NewContext(ctx, &rpc.Info{Idempotent: true}), "q")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
	})
}

func TestPercentile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		layer := hedge.New[string, string](hedge.Config{Percentile: 0.95, Budget: plenty()}, split, nil)
		took := 100 * time.Millisecond
		var calls atomic.Int32
		service := layer(motore.ServiceFunc[string, string](func(ctx context.Context, req string) (string, error) {
			calls.Add(1)
			select {
			case <-time.After(took):
				return req, nil
			case <-ctx.Done():
				return "", ctx.Err()
			}
		}))
		call := func(method string) (attempts int) {
			before := calls.Load()
			service.Call(rpc.NewContext(t.Context(), &rpc.Info{Service: "Item", Method: method, Idempotent: true}), "q")
			return int(calls.Load() - before)
		}
		for i := range 25 {
			if got := call("Get"); got != 1 {
				t.Fatalf("call %d of those that set the measure: got %d attempts, want 1", i, got)
			}
		}
		took = s
		if got := call("Get"); got != 2 {
			t.Errorf("a call that is slow beside them: got %d attempts, want 2", got)
		}
		if got := call("List"); got != 1 {
			t.Errorf("a call of a method of which nothing is known: got %d attempts, want 1", got)
		}
	})
}

func TestAPercentileOfNoNumberIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls, took atomic.Int64
		service := hedge.New[string, string](hedge.Config{Percentile: math.NaN(), Budget: plenty()}, split, nil)(motore.ServiceFunc[string, string](
			func(context.Context, string) (string, error) {
				calls.Add(1)
				time.Sleep(time.Duration(took.Add(int64(time.Millisecond))))
				return "", nil
			}))
		for range 100 {
			service.Call(rpc.NewContext(t.Context(), &rpc.Info{Idempotent: true}), "q")
		}
		if got := calls.Load(); got != 100 {
			t.Errorf("got %d attempts of 100 calls, want no more", got)
		}
	})
}

// When everything is slow, hedging does not double the load.
func TestTheBudgetBoundsHedges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := steps().After(2 * s).Return("ok")
		service := hedge.New[string, string](hedge.Config{Delay: s}, split, nil)(next)
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() { service.Call(rpc.NewContext(t.Context(), &rpc.Info{Idempotent: true}), "q") })
		}
		wg.Wait()
		if got := len(next.Calls()); got < 1090 || got > 1110 {
			t.Errorf("got %d attempts at 1000 calls, want a tenth more", got)
		}
	})
}

func TestAPanicOfAnAttemptIsTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		defer func() {
			if got := recover(); got != "boom" {
				t.Errorf("got panic %v, want boom", got)
			}
		}()
		hedge.New[string, string](hedge.Config{Delay: s, Budget: plenty()}, split, nil)(steps().Block().Panic("boom")).
			Call(rpc.NewContext(t.Context(), &rpc.Info{Idempotent: true}), "q")
	})
}

func TestAttemptsAreMarked(t *testing.T) {
	type key struct{}
	synctest.Test(t, func(t *testing.T) {
		next := steps().Block().Return("ok")
		hedge.New[string, string](hedge.Config{Delay: s, Budget: plenty(), Mark: func(ctx context.Context, n int) context.Context {
			return context.WithValue(ctx, key{}, n)
		}}, split, nil)(next).Call(rpc.NewContext(t.Context(), &rpc.Info{Idempotent: true}), "q")
		for i, want := range []any{nil, 1} {
			if got := next.Calls()[i].Ctx.Value(key{}); got != want {
				t.Errorf("attempt %d: got mark %v, want %v", i, got, want)
			}
		}
	})
}

func TestSplitIsRequired(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("attempts would share a request")
		}
	}()
	hedge.New[string, string](hedge.Config{Delay: s}, nil, nil)
}

func TestWhatPassesAllocatesNothing(t *testing.T) {
	echo := motore.ServiceFunc[string, string](func(_ context.Context, req string) (string, error) { return req, nil })
	service := hedge.New[string, string](hedge.Config{Delay: s}, split, nil)(echo)
	ctx := rpc.NewContext(t.Context(), new(rpc.Info))
	if got := testing.AllocsPerRun(1000, func() { service.Call(ctx, "q") }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}

func ExampleNew() {
	layer := hedge.New[string, string](hedge.Config{Delay: 5 * time.Millisecond, Budget: plenty()}, split, nil)
	slow := steps().Block().Return("from another instance")
	ctx := rpc.NewContext(context.Background(), &rpc.Info{Idempotent: true})
	fmt.Println(layer(slow).Call(ctx, "q"))
	// Output: from another instance <nil>
}

func BenchmarkHedge(b *testing.B) {
	echo := motore.ServiceFunc[string, string](func(_ context.Context, req string) (string, error) { return req, nil })
	service := hedge.New[string, string](hedge.Config{Delay: s}, split, nil)(echo)
	ctx := rpc.NewContext(b.Context(), &rpc.Info{Idempotent: true})
	b.ReportAllocs()
	for b.Loop() {
		service.Call(ctx, "q")
	}
}
