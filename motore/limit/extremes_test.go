package limit_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/limit"
)

func TestARateOfNextToNothing(t *testing.T) {
	passed := 0
	s := limit.NewRate[string, string](limit.RateConfig{PerSecond: 1e-11}, nil)(motore.ServiceFunc[string, string](
		func(context.Context, string) (string, error) { passed++; return "", nil }))
	for range 100 {
		s.Call(t.Context(), "q")
	}
	if passed != 1 {
		t.Errorf("%d calls passed, want the first", passed)
	}
}
