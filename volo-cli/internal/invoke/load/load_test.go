package load_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-cli/internal/invoke/load"
)

// takes returns a call that takes some time.
func takes(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// near reports whether a histogram of three digits may make want of got.
func near(got, want time.Duration) bool { return (got - want).Abs() <= want/500 }

func TestAClosedLoopHasSoManyCallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := load.Run(t.Context(), load.Config{Call: takes(10 * time.Millisecond), Callers: 4, Duration: time.Second})
		if r.Succeeded != 400 || r.Failed != 0 {
			t.Errorf("got %d successes and %d failures, want 400 and 0", r.Succeeded, r.Failed)
		}
		if !near(r.Latency.P50, 10*time.Millisecond) || !near(r.Latency.Max, 10*time.Millisecond) {
			t.Errorf("got latency %+v, want 10ms", r.Latency)
		}
	})
}

func TestTheWarmUpIsNotCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		call := func(ctx context.Context) error {
			if time.Since(begin) < time.Second {
				return takes(100 * time.Millisecond)(ctx)
			}
			return takes(time.Millisecond)(ctx)
		}
		r := load.Run(t.Context(), load.Config{Call: call, Callers: 1, WarmUp: time.Second, Duration: time.Second})
		if r.Succeeded != 1000 || !near(r.Latency.Max, time.Millisecond) {
			t.Errorf("got %d calls of at most %s, want 1000 of 1ms", r.Succeeded, r.Latency.Max)
		}
		if r.Elapsed != time.Second {
			t.Errorf("got %s elapsed, want 1s", r.Elapsed)
		}
	})
}

// The last call of a slow rate ends long before the time is up.
func TestAnOpenLoopLastsAsLongAsItWasAskedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := load.Run(t.Context(), load.Config{Call: takes(time.Millisecond), Callers: 2, Rate: 0.5, Duration: 3 * time.Second})
		if r.Succeeded != 2 || r.Elapsed != 3*time.Second {
			t.Errorf("got %d calls in %s, want 2 in 3s", r.Succeeded, r.Elapsed)
		}
		r = load.Run(t.Context(), load.Config{Call: takes(time.Millisecond), Callers: 2, Rate: 1, Count: 2, Duration: time.Minute})
		if r.Succeeded != 2 || r.Elapsed > 3*time.Second {
			t.Errorf("got %d calls in %s, want 2 in no more than they took", r.Succeeded, r.Elapsed)
		}
	})
}

func TestACountEndsTheRun(t *testing.T) {
	for _, rate := range []float64{0, 1000} {
		synctest.Test(t, func(t *testing.T) {
			r := load.Run(t.Context(), load.Config{Call: takes(time.Millisecond), Callers: 8, Count: 100, Rate: rate})
			if r.Succeeded != 100 {
				t.Errorf("rate %g: got %d calls, want 100", rate, r.Succeeded)
			}
		})
	}
}

// Callers that have nothing left to call do not wait for when it would be due.
func TestACountEndsAnOpenLoopWithTheLastCall(t *testing.T) {
	for _, warmUp := range []time.Duration{0, 4 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			r := load.Run(t.Context(), load.Config{Call: takes(time.Millisecond), Callers: 512, Rate: 0.5, Count: 3, WarmUp: warmUp})
			if r.Succeeded != 3 || r.Elapsed > 5*time.Second {
				t.Errorf("after %s: got %d calls in %s, want 3 in 4s and a little", warmUp, r.Succeeded, r.Elapsed)
			}
		})
	}
}

func TestATinyRateMakesOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int64
		call := func(ctx context.Context) error {
			calls.Add(1)
			return takes(time.Millisecond)(ctx)
		}
		r := load.Run(t.Context(), load.Config{Call: call, Callers: 512, Rate: 1e-9, Duration: time.Second})
		if r.Succeeded != 1 || calls.Load() != 1 || r.Elapsed != time.Second {
			t.Errorf("got %d successes of %d calls in %s, want 1 of 1 in 1s", r.Succeeded, calls.Load(), r.Elapsed)
		}
	})
}

// A server that stalls for a second keeps a hundred calls waiting, all of which
// are in the result: the median of two seconds is that of the stall's calls.
func TestAStallIsSeenByEveryCallThatWasDueMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		call := func(ctx context.Context) error {
			if since := time.Since(begin); since < time.Second {
				return takes(time.Second - since)(ctx)
			}
			return nil
		}
		r := load.Run(t.Context(), load.Config{Call: call, Callers: 1, Rate: 100, Duration: 2 * time.Second})
		if r.Succeeded != 200 {
			t.Errorf("got %d calls, want 200", r.Succeeded)
		}
		if !near(r.Latency.Max, time.Second) || !near(r.Latency.P75, 500*time.Millisecond) {
			t.Errorf("got latency %+v, want a maximum of 1s and 500ms at 75 %%", r.Latency)
		}
		if r.Lag == nil || !near(r.Lag.Max, 990*time.Millisecond) {
			t.Errorf("got lag %+v, want a maximum of 990ms", r.Lag)
		}
	})
}

func TestErrorsAreCountedByKindAndAreNotInTheLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		call := func(ctx context.Context) error {
			if n.Add(1)%2 == 0 {
				time.Sleep(time.Second)
				return errors.New("call 7")
			}
			return takes(time.Millisecond)(ctx)
		}
		r := load.Run(t.Context(), load.Config{Call: call, Count: 10, Kind: func(error) string { return "bad" }})
		if r.Succeeded != 5 || r.Failed != 5 || r.Errors["bad"] != 5 {
			t.Errorf("got %d successes and errors %v, want 5 and 5", r.Succeeded, r.Errors)
		}
		if !near(r.Latency.Max, time.Millisecond) {
			t.Errorf("got latency of at most %s, want 1ms", r.Latency.Max)
		}
	})
}

func TestAnInterruptEndsTheRunAndCountsNothingThatItCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 10500*time.Millisecond)
		defer cancel()
		told := 0
		r := load.Run(ctx, load.Config{Call: takes(time.Second), Callers: 2, Duration: time.Hour, Progress: func(load.Result) { told++ }})
		if r.Succeeded != 20 || r.Failed != 0 {
			t.Errorf("got %d successes and %d failures, want 20 and 0", r.Succeeded, r.Failed)
		}
		if told != 10 {
			t.Errorf("got told %d times, want 10", told)
		}
	})
}

func TestCallsThatDoNotEndAreCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := load.Run(t.Context(), load.Config{Call: takes(time.Hour), Duration: time.Second})
		if r.Succeeded != 0 || r.Failed != 0 || r.Unfinished != 1 || r.Elapsed != 11*time.Second {
			t.Errorf("got %+v, want one that is unfinished after 11s", r)
		}
		if bars := r.Bars(4); bars != nil {
			t.Errorf("got bars %v of nothing", bars)
		}
	})
}

func TestAServerThatStallsHidesNoCallOfAnOpenLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		call := func(ctx context.Context) error {
			if time.Since(begin) < time.Second {
				return nil
			}
			return takes(time.Hour)(ctx)
		}
		r := load.Run(t.Context(), load.Config{Call: call, Callers: 10, Rate: 100, Duration: 3 * time.Second})
		if r.Succeeded != 100 || r.Failed != 0 || r.Unfinished != 200 {
			t.Errorf("got %d successes, %d failures and %d unfinished, want 100, 0 and 200", r.Succeeded, r.Failed, r.Unfinished)
		}
	})
}

func TestBarsHaveEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		call := func(ctx context.Context) error { return takes(time.Duration(n.Add(1)) * time.Millisecond)(ctx) }
		r := load.Run(t.Context(), load.Config{Call: call, Count: 100})
		bars, sum := r.Bars(8), uint64(0)
		for _, b := range bars {
			sum += b.Count
		}
		if len(bars) != 8 || sum != 100 || !near(bars[7].To, 100*time.Millisecond) {
			t.Errorf("got %v, want 100 calls in 8 bars up to 100ms", bars)
		}
		if bars[7].Count <= bars[0].Count {
			t.Errorf("got %v, want most in the last bar, which is the widest", bars)
		}
	})
}
