package limit_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/limit"
	"github.com/volo-go/volo/motore/rpc"
)

// A crowd is what became of calls that came at once.
type crowd struct {
	mu     sync.Mutex
	ends   []time.Duration // of those that succeeded, since they came
	errs   []error
	refuse []time.Duration // when the others failed
}

// at starts n calls at once; wait returns when all are over.
func at(ctx context.Context, s service, info *rpc.Info, n int) (c *crowd, wait func()) {
	c = new(crowd)
	start := time.Now()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			_, err := s.Call(rpc.NewContext(ctx, info), "q")
			c.mu.Lock()
			defer c.mu.Unlock()
			if err != nil {
				c.errs = append(c.errs, err)
				c.refuse = append(c.refuse, time.Since(start))
				return
			}
			c.ends = append(c.ends, time.Since(start))
		})
		synctest.Wait() // they come in an order
	}
	return c, wg.Wait
}

func TestConcurrency(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		what     string
		config   limit.ConcurrencyConfig
		calls    int
		deadline time.Duration // of each; 0 for none
		ends     []time.Duration
		refused  []time.Duration
	}{
		{"as many as may", limit.ConcurrencyConfig{Max: 3}, 3, 0, []time.Duration{s, s, s}, nil},
		{"one more is refused at once", limit.ConcurrencyConfig{Max: 3}, 4, 0, []time.Duration{s, s, s}, []time.Duration{0}},
		{"or waits for its turn", limit.ConcurrencyConfig{Max: 2, Queue: 3, MaxWait: time.Minute}, 5, 0, []time.Duration{s, s, 2 * s, 2 * s, 3 * s}, nil},
		{"the queue is bounded", limit.ConcurrencyConfig{Max: 1, Queue: 1, MaxWait: time.Minute}, 4, 0, []time.Duration{s, 2 * s}, []time.Duration{0, 0}},
		{"and so is the wait", limit.ConcurrencyConfig{Max: 1, Queue: 5, MaxWait: 1500 * time.Millisecond}, 4, 0,
			[]time.Duration{s, 2 * s}, []time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond}},
		{"or by the deadline", limit.ConcurrencyConfig{Max: 1, Queue: 5, MaxWait: time.Minute}, 4, 1500 * time.Millisecond,
			[]time.Duration{s, 2 * s}, []time.Duration{1500 * time.Millisecond, 1500 * time.Millisecond}},
	} {
		synctest.Test(t, func(t *testing.T) {
			took := s
			svc := limit.NewConcurrency[string, string](c.config, nil)(taking(&took))
			info := new(rpc.Info)
			if c.deadline > 0 {
				info.Deadline = time.Now().Add(c.deadline)
			}
			got, wait := at(t.Context(), svc, info, c.calls)
			wait()
			if len(c.ends) > 1 && c.ends[1] > s && len(got.ends) == len(c.ends) {
				slices.Sort(got.ends)
			}
			if !slices.Equal(got.ends, c.ends) || !slices.Equal(got.refuse, c.refused) {
				t.Errorf("%s: got ends %v and refusals %v, want %v and %v", c.what, got.ends, got.refuse, c.ends, c.refused)
			}
			if got := passing(t.Context(), svc, 3); got != 3 {
				t.Errorf("%s: got %d calls through after the crowd, want 3", c.what, got)
			}
		})
	}
}

func TestTheQueueWaitsASecondByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := time.Minute
		s := limit.NewConcurrency[string, string](limit.ConcurrencyConfig{Max: 1, Queue: 1}, nil)(taking(&took))
		_, wait := at(t.Context(), s, new(rpc.Info), 1)
		second, wait2 := at(t.Context(), s, new(rpc.Info), 1)
		wait2()
		wait()
		if want := []time.Duration{time.Second}; !slices.Equal(second.refuse, want) {
			t.Errorf("got refusals at %v, want %v", second.refuse, want)
		}
	})
}

func TestWhoCannotBeInTimeDoesNotQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := time.Second
		s := limit.NewConcurrency[string, string](limit.ConcurrencyConfig{Max: 2, Queue: 100, MaxWait: time.Minute}, nil)(taking(&took))
		passing(t.Context(), s, 3) // so that it is known how long calls take
		long, wait := at(t.Context(), s, new(rpc.Info), 6)
		hasty, wait2 := at(t.Context(), s, &rpc.Info{Deadline: time.Now().Add(2400 * time.Millisecond)}, 1)
		if len(hasty.refuse) != 1 || hasty.refuse[0] != 0 {
			t.Errorf("got refusals at %v, want one at once: four are before it, two at a time", hasty.refuse)
		}
		patient, wait3 := at(t.Context(), s, &rpc.Info{Deadline: time.Now().Add(3500 * time.Millisecond)}, 1)
		wait()
		wait2()
		wait3()
		if len(long.ends) != 6 || len(patient.ends) != 1 {
			t.Errorf("got %d and %d through, want 6 and 1", len(long.ends), len(patient.ends))
		}
	})
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := time.Second
		s := limit.NewConcurrency[string, string](limit.ConcurrencyConfig{Max: 1, Queue: 1, MaxWait: time.Minute}, nil)(taking(&took))
		_, wait := at(t.Context(), s, new(rpc.Info), 1)
		ctx, cancel := context.WithCancel(t.Context())
		second, wait2 := at(ctx, s, new(rpc.Info), 1)
		cancel()
		wait2()
		if len(second.errs) != 1 || !errors.Is(second.errs[0], context.Canceled) || rpc.OutcomeOf(second.errs[0]) != rpc.Canceled {
			t.Errorf("got %v, want it canceled", second.errs)
		}
		third, wait3 := at(t.Context(), s, new(rpc.Info), 1)
		wait()
		wait3()
		if want := []time.Duration{2 * time.Second}; !slices.Equal(third.ends, want) {
			t.Errorf("got the next one through at %v, want %v: in the place that became free", third.ends, want)
		}
	})
}

func TestAFullHouseSaysWhenToComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := time.Second
		s := limit.NewConcurrency[string, string](limit.ConcurrencyConfig{Max: 1}, nil)(taking(&took))
		passing(t.Context(), s, 1)
		_, wait := at(t.Context(), s, new(rpc.Info), 1)
		_, err := s.Call(t.Context(), "q")
		wait()
		const want = "limit: concurrency: 1 calls of 1 are running and 0 of 0 waiting (see Max, Queue); come back in 1s"
		if err == nil || err.Error() != want {
			t.Errorf("got %v\nwant %s", err, want)
		}
	})
}

func TestAPanicGivesItsPlaceBack(t *testing.T) {
	s := limit.NewConcurrency[string, string](limit.ConcurrencyConfig{Max: 1}, nil)(call(func(_ context.Context, req string) (string, error) {
		if req == "boom" {
			panic(req)
		}
		return req, nil
	}))
	func() {
		defer func() { recover() }()
		s.Call(t.Context(), "boom")
	}()
	if _, err := s.Call(t.Context(), "q"); err != nil {
		t.Errorf("got %v, want a place", err)
	}
}

type speed struct {
	capacity int
	base     time.Duration
	lossy    bool
}

// A service that does capacity calls at once, each in base; more of them slow
// each other down.
type server struct {
	speed
	mu      sync.Mutex
	running int
}

func (s *server) Call(ctx context.Context, req string) (string, error) {
	s.mu.Lock()
	s.running++
	crowd := max(1, float64(s.running)/float64(s.capacity))
	lossy := s.lossy
	s.mu.Unlock()
	time.Sleep(time.Duration(float64(s.base) * crowd))
	s.mu.Lock()
	s.running--
	s.mu.Unlock()
	if lossy {
		return "", ended(rpc.Lost)
	}
	return req, nil
}

// press keeps callers busy for d.
func press(ctx context.Context, s service, callers int, d time.Duration) {
	end := time.Now().Add(d)
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for time.Now().Before(end) {
				if _, err := s.Call(ctx, "q"); err != nil {
					time.Sleep(47 * time.Millisecond)
				}
			}
		})
	}
	wg.Wait()
}

func TestAdaptive(t *testing.T) {
	const base = 10 * time.Millisecond
	for _, c := range []struct {
		what     string
		adaptive limit.Adaptive
		max      int
		callers  int
		before   speed
		after    *speed // nil for no change
		low, top int    // of the limit in the end
	}{
		{"it grows to what the service can do, and a little beyond", limit.Adaptive{}, 1000, 300, speed{capacity: 100, base: base}, nil, 90, 180},
		{"it follows a service that can do less", limit.Adaptive{}, 1000, 300, speed{capacity: 100, base: base}, &speed{capacity: 20, base: base}, 15, 50},
		{"and one that can do more", limit.Adaptive{}, 1000, 300, speed{capacity: 20, base: base}, &speed{capacity: 100, base: base}, 90, 180},
		{"it does not grow without need", limit.Adaptive{}, 1000, 5, speed{capacity: 100, base: base}, nil, 19, 21},
		{"a tolerance that is not a number is the default", limit.Adaptive{Tolerance: math.NaN()}, 1000, 300, speed{capacity: 100, base: base}, nil, 90, 180},
		{"not above its bound", limit.Adaptive{}, 30, 300, speed{capacity: 100, base: base}, nil, 30, 30},
		{"not below the other", limit.Adaptive{Min: 10}, 1000, 300, speed{capacity: 100, base: base}, &speed{capacity: 1, base: base}, 10, 25},
		{"losses shrink it", limit.Adaptive{}, 1000, 300, speed{capacity: 100, base: base}, &speed{capacity: 100, base: base, lossy: true}, 4, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			svc, got := server{speed: c.before}, 20
			s := limit.NewConcurrency[string, string](limit.ConcurrencyConfig{
				Max: c.max, Adaptive: &c.adaptive, Changed: func(_ limit.Key, n int) { got = n },
			}, nil)(&svc)
			press(t.Context(), s, c.callers, 12*time.Second)
			if c.after != nil {
				svc.speed = *c.after
				press(t.Context(), s, c.callers, 12*time.Second)
			}
			if got < c.low || got > c.top {
				t.Errorf("%s: got a limit of %d, want between %d and %d", c.what, got, c.low, c.top)
			}
		})
	}
}

// A service that is slower for good is not throttled for ever.
func TestAdaptiveGetsUsedToSlowness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := server{speed: speed{capacity: 100, base: 10 * time.Millisecond}}
		var got int
		s := limit.NewConcurrency[string, string](limit.ConcurrencyConfig{
			Max: 1000, Adaptive: &limit.Adaptive{}, Changed: func(_ limit.Key, n int) { got = n },
		}, nil)(&svc)
		press(t.Context(), s, 200, 5*time.Second)
		svc.base *= 5
		press(t.Context(), s, 200, 12*time.Second)
		if math.Abs(float64(got)-135) > 50 {
			t.Errorf("got a limit of %d later, want about what it was", got)
		}
	})
}

// Nor does a limit creep up under a crowd that never goes.
func TestAdaptiveStaysUnderALastingCrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := server{speed: speed{capacity: 20, base: 20 * time.Millisecond}}
		var got, most int
		s := limit.NewConcurrency[string, string](limit.ConcurrencyConfig{
			Max: 1000, Adaptive: &limit.Adaptive{}, Changed: func(_ limit.Key, n int) { got, most = n, max(most, n) },
		}, nil)(&svc)
		press(t.Context(), s, 60, 2*time.Minute)
		if got < 10 || most > 45 {
			t.Errorf("got a limit of %d, and %d at most, want at most 45", got, most)
		}
	})
}

func TestKindsAreInMessages(t *testing.T) {
	e := &limit.Error{Kind: limit.Concurrency, Facts: "facts", Err: context.Canceled}
	if got := e.Error(); !strings.HasPrefix(got, "limit: concurrency: facts: context canceled") {
		t.Errorf("got %q", got)
	}
}
