package breaker_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/rpc"
)

func TestACircuitStaysOpenForAsLongAsIsSaid(t *testing.T) {
	for _, c := range []struct {
		open, most time.Duration
		within     time.Duration // of which no call passes
	}{
		{time.Hour, 0, 47 * time.Minute},
		{math.MaxInt64, 0, 1e4 * time.Hour},
		{math.MaxInt64, math.MaxInt64, 1e4 * time.Hour},
		{time.Hour, math.MaxInt64, 47 * time.Minute},
	} {
		for range 10 { // the time varies
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				s := breaker.New[string, string](breaker.Config{Consecutive: 1, OpenTime: c.open, MaxOpenTime: c.most}, nil)(
					motore.ServiceFunc[string, string](func(context.Context, string) (string, error) {
						calls++
						return "", context.DeadlineExceeded
					}))
				for range 5 {
					s.Call(rpc.NewContext(t.Context(), &rpc.Info{}), "q")
					time.Sleep(c.within / 5)
				}
				if calls != 1 {
					t.Errorf("OpenTime %v, MaxOpenTime %v: %d calls passed, want the one that has opened it", c.open, c.most, calls)
				}
			})
		}
	}
}
