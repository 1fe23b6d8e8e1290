package retry_test

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/retry"
)

// spend takes all that there is, within bounds.
func spend(b *retry.Budget) (n int) {
	for n < 1e6 && b.Spend() {
		n++
	}
	return n
}

func TestBudget(t *testing.T) {
	for _, c := range []struct {
		what           string
		ratio, reserve float64
		calls          int
		after          time.Duration
		want           int
	}{
		{"it begins with the reserve of a second", 0.2, 10, 0, 0, 10},
		{"one call earns less than a retry", 0.2, 0, 4, 0, 0},
		{"five calls earn one", 0.2, 0, 5, 0, 1},
		{"calls and the reserve add up", 0.2, 10, 50, 0, 20},
		{"savings are bounded", 1, 0, 1000, 0, retry.MaxSaved},
		{"no ratio and no reserve are no budget", 0, 0, 1000, time.Hour, 0},
		{"what is not a number is nothing", math.NaN(), math.NaN(), 1000, time.Hour, 0},
		{"what is negative is nothing", -1, -1, 1000, time.Hour, 0},
		{"and takes nothing away", -1, 10, 1000, 0, 10},
		{"less than one a second is one after some seconds", 0, 0.5, 0, 0, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := retry.NewBudget(c.ratio, c.reserve)
			for range c.calls {
				b.Earn()
			}
			time.Sleep(c.after)
			if got := spend(b); got != c.want {
				t.Errorf("%s: got %d retries, want %d", c.what, got, c.want)
			}
		})
	}
}

func TestTheReserveComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := retry.NewBudget(0, 10)
		spend(b)
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{99 * time.Millisecond, 0}, {time.Millisecond, 1}, {500 * time.Millisecond, 5}, {time.Hour, 10}} {
			time.Sleep(c.after)
			if got := spend(b); got != c.want {
				t.Errorf("after %v more: got %d retries, want %d", c.after, got, c.want)
			}
		}
	})
}

// When everything fails, the load grows by the ratio and not by the attempts.
func TestAnOutageIsNotMadeWorse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const calls, ratio = 10_000, 0.1
		var got atomic.Int64
		down := motore.ServiceFunc[string, string](func(context.Context, string) (string, error) {
			got.Add(1)
			return "", unsent
		})
		s := retry.New[string, string](retry.Config{Attempts: 5, Budget: retry.NewBudget(ratio, 0)}, nil)(down)
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				for range calls / 100 {
					s.Call(t.Context(), "q")
				}
			})
		}
		wg.Wait()
		if load := float64(got.Load()) / calls; math.Abs(load-(1+ratio)) > 0.02 {
			t.Errorf("got %.2f times the load, want %.2f", load, 1+ratio)
		}
	})
}

func TestSmallAndBoundlessRatios(t *testing.T) {
	for _, c := range []struct {
		ratio float64
		want  int
	}{{0.0005, 50}, {1e-6, 0}, {1e-4, 10}, {math.Inf(1), 100_000}, {math.MaxFloat64, 100_000}} {
		b, got := retry.NewBudget(c.ratio, 0), 0
		for range 100_000 {
			b.Earn()
			if b.Spend() {
				got++
			}
		}
		if got != c.want {
			t.Errorf("ratio %v: got %d retries of 100,000 calls, want %d", c.ratio, got, c.want)
		}
	}
}
