package latency_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/internal/latency"
)

func TestQuantile(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		what string
		part float64
		in   func(i int) time.Duration // of a thousand
		want time.Duration
	}{
		{"the median of what rises evenly", 0.5, func(i int) time.Duration { return time.Duration(i) * ms }, 500 * ms},
		{"its 95th percentile", 0.95, func(i int) time.Duration { return time.Duration(i) * ms }, 950 * ms},
		{"all alike", 0.5, func(int) time.Duration { return 7 * ms }, 7 * ms},
		{"a tail that is too thin to matter", 0.95, func(i int) time.Duration {
			if i%100 == 0 {
				return time.Minute
			}
			return ms
		}, ms},
		{"a tail that is not", 0.995, func(i int) time.Duration {
			if i%100 == 0 {
				return time.Minute
			}
			return ms
		}, time.Minute},
		{"microseconds", 0.5, func(i int) time.Duration { return time.Duration(i%10) * time.Microsecond }, 6 * time.Microsecond},
		{"nothing at all", 0.9, func(int) time.Duration { return 0 }, time.Microsecond},
		{"hours", 0.5, func(int) time.Duration { return 3 * time.Hour }, 3 * time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			q := latency.New(c.part, 10*time.Second)
			for i := range 1000 {
				q.Add(c.in(i))
			}
			got, n := q.Value()
			if n != 1000 || got < c.want || float64(got) > float64(c.want)*1.13+1000 {
				t.Errorf("%s: got %v of %d, want %v of 1000, an eighth more at most", c.what, got, n, c.want)
			}
		})
	}
}

func TestOldDurationsAreForgotten(t *testing.T) {
	for _, c := range []struct {
		what  string
		after time.Duration
		n     int
	}{
		{"within the window", 9 * time.Second, 2},
		{"in the window before", 19 * time.Second, 2},
		{"two windows ago", 20 * time.Second, 1},
		{"long ago", time.Hour, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			q := latency.New(0.5, 10*time.Second)
			q.Add(time.Second)
			time.Sleep(c.after)
			q.Add(time.Second)
			if _, n := q.Value(); n != c.n {
				t.Errorf("%s: got %d durations, want %d", c.what, n, c.n)
			}
		})
	}
}

func TestNothingIsKnownAtFirst(t *testing.T) {
	if _, n := latency.New(0.5, time.Second).Value(); n != 0 {
		t.Errorf("got %d durations, want none", n)
	}
}

func TestAddingFromEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := latency.New(0.5, time.Hour)
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() {
				for range 1000 {
					q.Add(time.Millisecond)
					q.Value()
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Hour / 100)
		if _, n := q.Value(); n != 10_000 {
			t.Errorf("got %d durations, want 10,000", n)
		}
	})
}

func TestAllocatesNothing(t *testing.T) {
	q := latency.New(0.5, time.Second)
	if got := testing.AllocsPerRun(1000, func() { q.Add(time.Millisecond); q.Value() }); got != 0 {
		t.Errorf("got %v allocations, want none", got)
	}
}
