package volothrifttest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

// A clerk is the handler under test.
type clerk struct{}

func (clerk) Get(_ context.Context, key string) (string, error) { return "the value of " + key, nil }
func (clerk) Last(context.Context) (string, error)              { return "nothing yet", nil }

func Example() {
	// In a test of yours, t is the parameter.
	t := new(exampleT)
	defer t.end()

	pair := volothrifttest.New(t, storethrift.NewAuditService(clerk{}))
	client, err := storethrift.NewAuditClient(pair.Target(), pair.ClientOptions()...)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()

	fmt.Println(client.Get(context.Background(), "answer"))
	fmt.Println(client.Last(context.Background()))
	// Output:
	// the value of answer <nil>
	// nothing yet <nil>
}

// An exampleT is what an example has in place of a test.
type exampleT struct{ record }

var _ testing.TB = (*exampleT)(nil)
