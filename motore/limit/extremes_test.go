package limit_test

import (
	"context"
	"math"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/limit"
)

func TestRatesOfNextToNothing(t *testing.T) {
	for _, rate := range []float64{1e-11, math.SmallestNonzeroFloat64, math.NaN()} {
		passed := 0
		s := limit.NewRate[string, string](limit.RateConfig{PerSecond: rate}, nil)(motore.ServiceFunc[string, string](
			func(context.Context, string) (string, error) { passed++; return "", nil }))
		for range 100 {
			s.Call(t.Context(), "q")
		}
		if passed != 1 {
			t.Errorf("PerSecond %v: %d calls passed, want the first", rate, passed)
		}
	}
}
