package chaos_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/chaos"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/rpc"
)

// Whoever is in between forgets the only connection to the only instance, whose
// balancer has nobody else to ask.
func TestAConnectionThatIsForgottenIsReplaced(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	fleet, err := chaos.NewFleet(t.TempDir(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	for _, tt := range []struct {
		protocol string
		to       rpc.Address
		client   func(discovery.Discoverer) (*chaos.Client, error)
	}{
		{"Thrift", fleet.Instances[0].Thrift, chaos.ThriftClient},
		{"gRPC", fleet.Instances[0].GRPC, chaos.GRPCClient},
	} {
		t.Run(tt.protocol, func(t *testing.T) {
			p, err := chaos.NewProxy(tt.to)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			var found discoverytest.Fake
			found.Set(chaos.Service, discovery.Instance{Address: p.Address, Weight: 1})
			c, err := tt.client(&found)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if err := c.Others(context.Background(), tt.protocol); err != nil {
				t.Fatal(err)
			}
			if err := p.Set(chaos.Forget); err != nil {
				t.Fatal(err)
			}
			// The kernel would take a quarter of an hour, which is 1800 calls.
			const most = 30
			failed := 0
			for ; failed <= most; failed++ {
				if err = c.Others(context.Background(), fmt.Sprint(tt.protocol, failed)); err == nil {
					break
				}
			}
			if failed == 0 || failed > most {
				t.Errorf("%d calls failed (%v), want some and %d at most", failed, err, most)
			}
			for patience := time.Now().Add(time.Minute); p.Connections() != 1; time.Sleep(5 * time.Millisecond) {
				if time.Now().After(patience) {
					t.Fatalf("%d connections are left, want the new one alone", p.Connections())
				}
			}
		})
	}
}
