package fallback_test

import (
	"context"
	"fmt"

	"github.com/volo-go/volo/motore/fallback"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/rpc"
)

func ExampleNew() {
	down := motoretest.New[string, string]().Fail(ended(rpc.Lost))
	layer := fallback.New(fallback.Config[string, string]{
		Respond: func(_ context.Context, req string, err error) (string, error) {
			return "what the cache has of " + req, nil
		},
	})
	fmt.Println(layer(down).Call(context.Background(), "item 7"))
	// Output: what the cache has of item 7 <nil>
}
