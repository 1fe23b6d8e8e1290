//go:build !race

package prometheus_test

import (
	"testing"

	"github.com/volo-go/volo/motore/contrib/prometheus"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

func TestACallOfAKnownMethodAllocatesNothing(t *testing.T) {
	s := observe.New[error, string](prometheus.New(prometheus.Config{}))(service)
	ctx := in(rpc.Info{Role: rpc.Client, Service: "Shop", Method: "Buy"})
	s.Call(ctx, nil)
	if n := testing.AllocsPerRun(100, func() { s.Call(ctx, nil) }); n > 1 { // the key of the look-up
		t.Errorf("%v allocations, want at most 1", n)
	}
}
