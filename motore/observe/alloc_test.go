//go:build !race

package observe_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

func TestNobodyWatches(t *testing.T) {
	info := &rpc.Info{Role: rpc.Server}
	ctx := rpc.NewContext(context.Background(), info)
	req, resp := &request{}, &response{}
	next := motore.ServiceFunc[*request, *response](func(context.Context, *request) (*response, error) { return resp, nil })
	for _, test := range []struct {
		name string
		ctx  context.Context
		o    observe.Observer
	}{
		{"without an observer", ctx, nil},
		{"when the observer does not want to know", ctx, uninterested{}},
		{"outside a call", context.Background(), &notebook{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			service := observe.New[*request, *response](test.o)(next)
			if n := testing.AllocsPerRun(100, func() { service.Call(test.ctx, req) }); n != 0 {
				t.Errorf("%v allocations, want none", n)
			}
			if len(req.done) != 0 {
				t.Error("somebody waits for the end")
			}
		})
	}
}

type uninterested struct{}

func (uninterested) Begin(ctx context.Context, _ *rpc.Info, _ observe.Request) (context.Context, observe.Ender) {
	return ctx, nil
}
