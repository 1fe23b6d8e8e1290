//go:build !race

package debugpage_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/debugpage"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

func TestWhatAnObservedCallAllocates(t *testing.T) {
	next := motore.ServiceFunc[*step, string](func(context.Context, *step) (string, error) { return "", nil })
	s, req := observe.New[*step, string](debugpage.New(debugpage.Config{}))(next), new(step)
	ctx := rpc.NewContext(context.Background(), &buy)
	for range 64 {
		s.Call(ctx, req) // room for calls in flight
	}
	if n := testing.AllocsPerRun(100, func() { s.Call(ctx, req) }); n > 2 { // the call, and the key of its method
		t.Errorf("%v allocations, want at most 2", n)
	}
}
