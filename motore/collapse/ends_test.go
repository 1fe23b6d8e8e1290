package collapse_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/collapse"
	"github.com/volo-go/volo/motore/timeout"
)

func same(context.Context, string) string { return "same" }

func TestGoexitIsEverybodys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := collapse.New[string, string](collapse.Config[string]{Key: same}, split)(motore.ServiceFunc[string, string](
			func(context.Context, string) (string, error) {
				time.Sleep(1)
				runtime.Goexit()
				return "", nil
			}))
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				got, err := s.Call(t.Context(), "q")
				t.Errorf("got %q, %v, want no return", got, err)
			})
		}
		wg.Wait()
	})
}

func TestALossThatIsNobodysTimeIsNotRepeatedForEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		hangs := motore.ServiceFunc[string, string](func(ctx context.Context, _ string) (string, error) {
			calls.Add(1)
			<-ctx.Done()
			return "", ctx.Err()
		})
		s := collapse.New[string, string](collapse.Config[string]{Key: same}, split)(timeout.New[string, string](time.Second)(hangs))
		start := time.Now()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := s.Call(t.Context(), "q"); err == nil {
					t.Error("got an answer of a service that hangs")
				}
			})
		}
		wg.Wait()
		if took := time.Since(start); took > 2*time.Second || calls.Load() > 2 {
			t.Errorf("got %d calls in %v for 50 callers, want at most two", calls.Load(), took)
		}
	})
}
