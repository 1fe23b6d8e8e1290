package main

import (
	"context"
	"sync"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/rpc"
)

// A tally counts how attempts end. Its layer is written once and serves both
// protocols: it looks at outcomes, which mean the same in either.
type tally struct {
	mu   sync.Mutex
	ends map[rpc.Outcome]int
}

func layer[Req, Resp any](t *tally) motore.Layer[Req, Resp] {
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			resp, err := next.Call(ctx, req)
			t.mu.Lock()
			defer t.mu.Unlock()
			t.ends[rpc.OutcomeOf(err)]++
			return resp, err
		})
	}
}
