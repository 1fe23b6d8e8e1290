package breaker_test

import (
	"context"
	"fmt"
	"time"

	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/rpc"
)

func ExampleNew() {
	down := motoretest.New[string, string]().Fail(ended(rpc.Lost))
	layer := breaker.New[string, string](breaker.Config{
		Consecutive: 2,
		OpenTime:    time.Minute,
		Changed:     func(c breaker.Change) { fmt.Println(c.Key, "is", c.To) },
	}, nil)
	s := layer(down)
	ctx := rpc.NewContext(context.Background(), &rpc.Info{
		Service: "Item", Method: "Get", Callee: rpc.Endpoint{Address: rpc.TCP("10.0.0.1:8080")},
	})
	for range 3 {
		_, err := s.Call(ctx, "q")
		fmt.Println(rpc.OutcomeOf(err))
	}
	fmt.Println("calls:", len(down.Calls()))
	// Output:
	// lost
	// Item.Get at 10.0.0.1:8080 is open
	// lost
	// unsent
	// calls: 2
}
