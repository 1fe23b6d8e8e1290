package volothrift_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// Only a multiplexed connection can be told to go while it is idle: a pooled
// one may be closed at the very moment at which a call takes it.
func TestNoCallFailsWhileServersRestartOverTCP(t *testing.T) {
	for _, p := range protocols[:2] {
		t.Run(p.name, func(t *testing.T) {
			restarts := 3
			servers := make([]*volothrift.Server, restarts+1)
			var instances []rpc.Address
			for i := range servers {
				servers[i] = newServer(t, handler{})
				instances = append(instances, serveOn(t, servers[i], "tcp", "127.0.0.1:0"))
			}
			c := newClient(t, "store", append(p.opts, volothrift.WithDiscoverer(discovery.Static(instances...)), volothrift.WithFailover(restarts))...)
			var stop atomic.Bool
			var calls atomic.Int64
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					for !stop.Load() {
						calls.Add(1)
						mustGet(t, c, "k")
					}
				})
			}
			for calls.Load() < 100 {
				time.Sleep(time.Millisecond)
			}
			for _, s := range servers[:restarts] {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				if err := s.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Shutdown returned %v", err)
				}
				cancel()
			}
			stop.Store(true)
			wg.Wait()
		})
	}
}
