package vologrpctest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/volo-go/volo/volo-grpc/vologrpctest"
)

func Example() {
	// In a test of yours, t is the parameter; stubs and clients are generated.
	t := new(exampleT)
	defer t.end()

	pair := vologrpctest.New(t, newAuditService(audit{
		get: func(_ context.Context, key string) (string, error) { return "the value of " + key, nil },
	}))
	client, err := newAuditClient(pair.Target(), pair.ClientOptions()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	fmt.Println(client.Get(context.Background(), "answer"))
	// Output:
	// the value of answer <nil>
}

// An exampleT is what an example has in place of a test.
type exampleT struct{ record }

var _ testing.TB = (*exampleT)(nil)
