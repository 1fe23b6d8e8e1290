package breaker_test

import (
	"testing"

	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/rpc"
)

func TestAClosedCircuitAllocatesNothing(t *testing.T) {
	s := breaker.New[request, string](breaker.Config{}, nil)(obeying)
	ctx := rpc.NewContext(t.Context(), &item)
	if got := testing.AllocsPerRun(1000, func() { s.Call(ctx, ok) }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}
