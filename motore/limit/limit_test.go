package limit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/limit"
	"github.com/volo-go/volo/motore/rpc"
)

type (
	service = motore.Service[string, string]
	call    = motore.ServiceFunc[string, string]
)

// answering is the service below the limits.
var answering = call(func(_ context.Context, req string) (string, error) { return req, nil })

type ended rpc.Outcome

func (e ended) Error() string        { return "ended " + rpc.Outcome(e).String() }
func (e ended) Outcome() rpc.Outcome { return rpc.Outcome(e) }

// taking takes as long as duration says.
func taking(d *time.Duration) service {
	return call(func(ctx context.Context, req string) (string, error) {
		select {
		case <-time.After(*d):
			return req, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	})
}

func by(ctx context.Context, caller, method string) context.Context {
	return rpc.NewContext(ctx, &rpc.Info{Service: "Item", Method: method, Caller: rpc.Endpoint{Service: caller}})
}

// passing counts the calls of n that pass.
func passing(ctx context.Context, s service, n int) (passed int) {
	for range n {
		if _, err := s.Call(ctx, "q"); err == nil {
			passed++
		}
	}
	return passed
}

func TestWhatIsNotConfiguredDoesNothing(t *testing.T) {
	for what, layer := range map[string]motore.Layer[string, string]{
		"no rate":        limit.NewRate[string, string](limit.RateConfig{}, nil),
		"no concurrency": limit.NewConcurrency[string, string](limit.ConcurrencyConfig{}, nil),
		"no deadline":    limit.NewDeadline[string, string](limit.DeadlineConfig{}, nil),
	} {
		if got := passing(t.Context(), layer(answering), 1000); got != 1000 {
			t.Errorf("%s: got %d calls of 1000 through", what, got)
		}
	}
}

func TestARefusalSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := by(t.Context(), "web", "Get")
		rate := limit.NewRate[string, string](limit.RateConfig{PerSecond: 4, Key: limit.ByCallerAndMethod}, nil)(answering)
		rate.Call(ctx, "q")
		_, err := rate.Call(ctx, "q")
		const want = "limit: rate: Item.Get for web: more than 4 calls a second (see PerSecond); come back in 250ms"
		if err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
		e, _ := errors.AsType[*limit.Error](err)
		if d, ok := e.RetryAfter(); !ok || d != 250*time.Millisecond || rpc.OutcomeOf(err) != rpc.Unsent {
			t.Errorf("got retry after %v, %v, outcome %v, want 250ms and unsent", d, ok, rpc.OutcomeOf(err))
		}
		rate = limit.NewRate[string, string](limit.RateConfig{PerSecond: 4}, func(req string, e *limit.Error) error {
			return fmt.Errorf("%s: %s", req, e.Kind)
		})(answering)
		rate.Call(ctx, "q")
		if _, err := rate.Call(ctx, "q"); err == nil || err.Error() != "q: rate" {
			t.Errorf("got %v, want what refuse made of it", err)
		}
	})
}

func TestKeysAreNamed(t *testing.T) {
	info := &rpc.Info{Service: "Item", Method: "Get", Caller: rpc.Endpoint{Service: "web"}}
	for want, key := range map[string]func(*rpc.Info) limit.Key{
		"": limit.Together, "web": limit.ByCaller, "Item.Get": limit.ByMethod, "Item.Get for web": limit.ByCallerAndMethod,
	} {
		if got := key(info).String(); got != want {
			t.Errorf("got key %q, want %q", got, want)
		}
	}
}

func TestRate(t *testing.T) {
	type step struct {
		after  time.Duration
		calls  int
		passed int
	}
	for _, c := range []struct {
		what   string
		config limit.RateConfig
		steps  []step
	}{
		{"a burst, then none", limit.RateConfig{PerSecond: 10, Burst: 5}, []step{{0, 10, 5}, {0, 10, 0}}},
		{"tokens come back at the rate", limit.RateConfig{PerSecond: 10, Burst: 5}, []step{{0, 10, 5}, {100 * time.Millisecond, 10, 1}, {300 * time.Millisecond, 10, 3}}},
		{"up to the burst", limit.RateConfig{PerSecond: 10, Burst: 5}, []step{{0, 10, 5}, {time.Hour, 10, 5}}},
		{"a burst is a tenth of a second's by default", limit.RateConfig{PerSecond: 200}, []step{{0, 100, 20}}},
		{"but at least one", limit.RateConfig{PerSecond: 2}, []step{{0, 10, 1}, {499 * time.Millisecond, 10, 0}, {time.Millisecond, 10, 1}}},
		{"less than one a second", limit.RateConfig{PerSecond: 0.1}, []step{{0, 10, 1}, {9 * time.Second, 10, 0}, {time.Second, 10, 1}}},
		{"a refused call costs nothing", limit.RateConfig{PerSecond: 10, Burst: 1}, []step{{0, 1, 1}, {50 * time.Millisecond, 100, 0}, {50 * time.Millisecond, 2, 1}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := limit.NewRate[string, string](c.config, nil)(answering)
			for i, step := range c.steps {
				time.Sleep(step.after)
				if got := passing(t.Context(), s, step.calls); got != step.passed {
					t.Errorf("%s: step %d: got %d of %d calls through, want %d", c.what, i, got, step.calls, step.passed)
				}
			}
		})
	}
}

func TestWaitingForATurn(t *testing.T) {
	for _, c := range []struct {
		what     string
		deadline time.Duration // 0 for none
		cancel   time.Duration // 0 for never
		passed   int
		took     time.Duration
		outcome  rpc.Outcome // of the first that is refused
	}{
		{"calls wait as long as they may", 0, 0, 4, 300 * time.Millisecond, rpc.Unsent},
		{"not beyond their deadline", 250 * time.Millisecond, 0, 3, 200 * time.Millisecond, rpc.Unsent},
		{"nor when their caller has gone", 0, 150 * time.Millisecond, 2, 150 * time.Millisecond, rpc.Canceled},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			info := new(rpc.Info)
			s := limit.NewRate[string, string](limit.RateConfig{PerSecond: 10, MaxWait: 300 * time.Millisecond}, nil)(answering)
			start := time.Now()
			if c.deadline > 0 {
				info.Deadline = start.Add(c.deadline)
			}
			if c.cancel > 0 {
				time.AfterFunc(c.cancel, cancel)
			}
			// They come at once and wait at the same time.
			errs := make(chan error, 5)
			for range 5 {
				go func() {
					_, err := s.Call(rpc.NewContext(ctx, info), "q")
					errs <- err
				}()
			}
			passed, took := 0, time.Duration(0)
			for range 5 {
				err := <-errs
				if err == nil {
					passed, took = passed+1, time.Since(start)
				} else if c.cancel > 0 && errors.Is(err, context.Canceled) {
					took = time.Since(start)
				} else if c.cancel == 0 && rpc.OutcomeOf(err) != c.outcome {
					t.Errorf("%s: got %v, want it %v", c.what, err, c.outcome)
				}
			}
			if passed != c.passed || took != c.took {
				t.Errorf("%s: got %d through in %v, want %d in %v", c.what, passed, took, c.passed, c.took)
			}
		})
	}
}

func TestEachKeyHasALimitOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := limit.NewRate[string, string](limit.RateConfig{PerSecond: 10, Burst: 2, Key: limit.ByCaller}, nil)(answering)
		for _, caller := range []string{"web", "app", "cron"} {
			if got := passing(by(t.Context(), caller, "Get"), s, 10); got != 2 {
				t.Errorf("%s: got %d calls through, want 2", caller, got)
			}
		}
	})
}

// Who may choose keys must not be able to choose infinitely many.
func TestTooManyKeysShareOneLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := limit.NewRate[string, string](limit.RateConfig{PerSecond: 1, Key: limit.ByCaller}, nil)(answering)
		passed := 0
		for i := range 2 * limit.MaxKeys {
			passed += passing(by(t.Context(), fmt.Sprint("caller", i), "Get"), s, 1)
		}
		if passed != limit.MaxKeys+1 {
			t.Errorf("got %d calls through, want one for each of %d keys and one for the others", passed, limit.MaxKeys)
		}
	})
}

func TestDeadline(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		what     string
		config   limit.DeadlineConfig
		took     time.Duration // by earlier calls
		earlier  int
		wait     time.Duration
		left     time.Duration // 0 for no deadline
		ctxLeft  time.Duration
		fails    rpc.Outcome // of the earlier calls
		refusals int         // of 15 calls
	}{
		{"time enough", limit.DeadlineConfig{}, 100 * ms, 20, 0, 120 * ms, 0, 0, 0},
		{"too little time", limit.DeadlineConfig{}, 100 * ms, 20, 0, 90 * ms, 0, 0, 15},
		{"too little by the context", limit.DeadlineConfig{}, 100 * ms, 20, 0, 0, 90 * ms, 0, 15},
		{"the earlier deadline counts", limit.DeadlineConfig{}, 100 * ms, 20, 0, time.Second, 90 * ms, 0, 15},
		{"no deadline", limit.DeadlineConfig{}, 100 * ms, 20, 0, 0, 0, 0, 0},
		{"too few calls to tell", limit.DeadlineConfig{}, 100 * ms, 4, 0, 90 * ms, 0, 0, 0},
		{"what was long ago is forgotten", limit.DeadlineConfig{}, 100 * ms, 20, 20 * time.Second, 90 * ms, 0, 0, 0},
		{"a higher quantile than the median", limit.DeadlineConfig{Quantile: 0.9}, 100 * ms, 100, 0, 90 * ms, 0, 0, 15},
		{"failures tell nothing", limit.DeadlineConfig{}, 100 * ms, 100, 0, 90 * ms, 0, rpc.Failed, 0},
		{"losses tell that it takes longer", limit.DeadlineConfig{}, 100 * ms, 20, 0, 90 * ms, 0, rpc.Lost, 15},
	} {
		synctest.Test(t, func(t *testing.T) {
			slow := true
			s := limit.NewDeadline[string, string](c.config, nil)(call(func(_ context.Context, req string) (string, error) {
				if !slow {
					return req, nil
				}
				time.Sleep(c.took)
				if c.fails != rpc.Answered {
					return "", ended(c.fails)
				}
				return req, nil
			}))
			for range c.earlier {
				s.Call(by(t.Context(), "", "Get"), "q")
			}
			time.Sleep(c.wait)
			slow = false
			refusals := 0
			for range 15 {
				info := &rpc.Info{Service: "Item", Method: "Get"}
				ctx, cancel := t.Context(), context.CancelFunc(func() {})
				if c.left > 0 {
					info.Deadline = time.Now().Add(c.left)
				}
				if c.ctxLeft > 0 {
					ctx, cancel = context.WithTimeout(ctx, c.ctxLeft)
				}
				if _, err := s.Call(rpc.NewContext(ctx, info), "q"); err != nil {
					refusals++
					if !strings.HasPrefix(err.Error(), "limit: deadline: Item.Get: 90ms are left, and only ") || rpc.OutcomeOf(err) != rpc.Unsent {
						t.Errorf("%s: got %v, want a refusal", c.what, err)
					}
				}
				cancel()
			}
			if refusals != c.refusals {
				t.Errorf("%s: got %d of 15 refused, want %d", c.what, refusals, c.refusals)
			}
		})
	}
}

func TestNoTimeAtAllIsRefusedAtOnce(t *testing.T) {
	s := limit.NewDeadline[string, string](limit.DeadlineConfig{}, nil)(answering)
	info := &rpc.Info{Deadline: time.Now().Add(-time.Second)}
	if _, err := s.Call(rpc.NewContext(t.Context(), info), "q"); err == nil || err.Error() != "limit: deadline: no time is left" {
		t.Errorf("got %v, want a refusal", err)
	}
}

// When calls are quick again, that is noticed although all are refused.
func TestDeadlinesRecover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := time.Second
		s := limit.NewDeadline[string, string](limit.DeadlineConfig{}, nil)(taking(&took))
		for range 20 {
			s.Call(t.Context(), "q")
		}
		took = time.Millisecond
		var refused int
		for refused = 0; refused < 10_000; refused++ {
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			passed := passing(ctx, s, 20)
			cancel()
			if passed == 20 {
				break
			}
		}
		if refused > 100 {
			t.Errorf("got %d rounds of 20 calls before all pass, want a few", refused)
		}
	})
}

func TestPassingAllocatesNothing(t *testing.T) {
	ctx := by(t.Context(), "web", "Get")
	for what, layer := range map[string]motore.Layer[string, string]{
		"rate":        limit.NewRate[string, string](limit.RateConfig{PerSecond: 1e9, Key: limit.ByCallerAndMethod}, nil),
		"deadline":    limit.NewDeadline[string, string](limit.DeadlineConfig{}, nil),
		"concurrency": limit.NewConcurrency[string, string](limit.ConcurrencyConfig{Max: 10, Adaptive: &limit.Adaptive{}}, nil),
	} {
		s := layer(answering)
		if got := testing.AllocsPerRun(1000, func() { s.Call(ctx, "q") }); got != 0 {
			t.Errorf("%s: got %v allocations a call, want none", what, got)
		}
	}
}

func BenchmarkLimit(b *testing.B) {
	ctx := by(b.Context(), "web", "Get")
	for what, layer := range map[string]motore.Layer[string, string]{
		"rate":        limit.NewRate[string, string](limit.RateConfig{PerSecond: 1e9, Key: limit.ByCallerAndMethod}, nil),
		"deadline":    limit.NewDeadline[string, string](limit.DeadlineConfig{}, nil),
		"concurrency": limit.NewConcurrency[string, string](limit.ConcurrencyConfig{Max: 10}, nil),
		"adaptive":    limit.NewConcurrency[string, string](limit.ConcurrencyConfig{Max: 10, Adaptive: &limit.Adaptive{}}, nil),
	} {
		b.Run(what, func(b *testing.B) {
			s := layer(answering)
			b.ReportAllocs()
			for b.Loop() {
				s.Call(ctx, "q")
			}
		})
	}
}
