package retry_test

import (
	"context"
	"fmt"

	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
)

func ExampleNew() {
	down := motoretest.New[string, string]().Fail(unsent).Return("ok")
	layer := retry.New[string, string](retry.Config{Attempts: 4}, nil)
	ctx := rpc.NewContext(context.Background(), &rpc.Info{Service: "Item", Method: "Get"})
	fmt.Println(layer(down).Call(ctx, "q"))
	fmt.Println(rpc.FromContext(ctx).Attempt)
	// Output:
	// ok <nil>
	// 1
}

func ExampleBudget() {
	// Retries and hedges of two clients may together be a tenth of all calls.
	budget := retry.NewBudget(0.1, retry.DefaultReserve)
	_ = retry.New[string, string](retry.Config{Budget: budget}, nil)
	_ = retry.New[int, string](retry.Config{Budget: budget}, nil)
}
