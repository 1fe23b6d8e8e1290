package motoretest_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/motoretest"
)

var errDown = errors.New("down")

type script = motoretest.Script[string, int]

var _ motore.Service[string, int] = (*script)(nil)

func TestSteps(t *testing.T) {
	type answer struct {
		resp  int
		err   error
		after time.Duration
	}
	for _, c := range []struct {
		what   string
		script *script
		want   []answer // each call has one minute
	}{
		{"a response", motoretest.New[string, int]().Return(7), []answer{{7, nil, 0}}},
		{"an error", motoretest.New[string, int]().Fail(errDown), []answer{{0, errDown, 0}}},
		{"the last step repeats", motoretest.New[string, int]().Fail(errDown).Return(7),
			[]answer{{0, errDown, 0}, {7, nil, 0}, {7, nil, 0}}},
		{"a delay holds for one step", motoretest.New[string, int]().After(time.Second).Return(7).Return(8),
			[]answer{{7, nil, time.Second}, {8, nil, 0}}},
		{"delays add up", motoretest.New[string, int]().After(time.Second).After(time.Second).Return(7),
			[]answer{{7, nil, 2 * time.Second}}},
		{"a delay ends with the context", motoretest.New[string, int]().After(time.Hour).Return(7),
			[]answer{{0, context.DeadlineExceeded, time.Minute}}},
		{"blocking ends with the context", motoretest.New[string, int]().Block(),
			[]answer{{0, context.DeadlineExceeded, time.Minute}}},
		{"a function", motoretest.New[string, int]().Run(func(_ context.Context, req string) (int, error) {
			return len(req), nil
		}), []answer{{3, nil, 0}}},
	} {
		synctest.Test(t, func(t *testing.T) {
			for i, want := range c.want {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				start := time.Now()
				resp, err := c.script.Call(ctx, "abc")
				cancel()
				if got := (answer{resp, err, time.Since(start)}); got != want {
					t.Errorf("%s: call %d: got %v, want %v", c.what, i, got, want)
				}
				if call := c.script.Calls()[i]; call.Req != "abc" || call.Ctx != ctx || !call.Time.Equal(start) {
					t.Errorf("%s: call %d: recorded %v, want the request, context and time of the call", c.what, i, call)
				}
			}
			if got := len(c.script.Calls()); got != len(c.want) {
				t.Errorf("%s: recorded %d calls, want %d", c.what, got, len(c.want))
			}
		})
	}
}

func TestPanics(t *testing.T) {
	for _, c := range []struct {
		what   string
		script *script
		want   any
	}{
		{"a step that panics", motoretest.New[string, int]().Panic("boom"), "boom"},
		{"a script without steps", motoretest.New[string, int](), "motoretest: a script without steps was called with q"},
	} {
		func() {
			defer func() {
				if got := recover(); got != c.want {
					t.Errorf("%s: got panic %v, want %v", c.what, got, c.want)
				}
			}()
			c.script.Call(t.Context(), "q")
		}()
	}
}

func TestConcurrentCallsTakeAStepEach(t *testing.T) {
	const n = 50
	s := motoretest.New[string, int]()
	for i := range n {
		s.Return(i)
	}
	var got [n]int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			i, _ := s.Call(t.Context(), "q")
			mu.Lock()
			defer mu.Unlock()
			got[i]++
		})
	}
	wg.Wait()
	for i, times := range got {
		if times != 1 {
			t.Errorf("step %d was taken %d times, want once", i, times)
		}
	}
}
