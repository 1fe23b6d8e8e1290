package limit_test

import (
	"context"
	"fmt"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/limit"
	"github.com/volo-go/volo/motore/rpc"
)

func ExampleNewRate() {
	layer := limit.NewRate[string, string](limit.RateConfig{PerSecond: 1, Burst: 2, Key: limit.ByCaller}, nil)
	s := layer(answering)
	ctx := rpc.NewContext(context.Background(), &rpc.Info{Caller: rpc.Endpoint{Service: "web"}})
	for range 3 {
		_, err := s.Call(ctx, "q")
		fmt.Println(rpc.OutcomeOf(err))
	}
	// Output:
	// answered
	// answered
	// unsent
}

func ExampleNewConcurrency() {
	// At most 500 calls at once, fewer if they slow each other down, and a
	// short queue for bursts.
	_ = limit.NewConcurrency[string, string](limit.ConcurrencyConfig{
		Max:      500,
		Queue:    50,
		MaxWait:  100 * time.Millisecond,
		Adaptive: &limit.Adaptive{},
	}, nil)
}

func ExampleNewDeadline() {
	// What cannot be answered in time is not begun; what can runs with 64
	// others at most.
	_ = motore.Chain(
		limit.NewDeadline[string, string](limit.DeadlineConfig{}, nil),
		limit.NewConcurrency[string, string](limit.ConcurrencyConfig{Max: 64}, nil),
	)
}
