package discovery_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

func TestWarmUpOfExtremes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		heavy := discovery.Instance{Address: rpc.TCP("a:1"), Weight: math.MaxInt}
		light := discovery.Instance{Address: rpc.TCP("b:1"), Weight: 5}
		for _, d := range []time.Duration{1, 9, time.Second, math.MaxInt64} {
			got, err := discovery.Resolve(t.Context(), discovery.WarmUp(discovery.WeightedStatic(heavy, light), discovery.WarmUpConfig{Duration: d}), "s")
			if err != nil || len(got) != 2 || got[0].Weight != discovery.MaxWeight || got[1].Weight != 10 {
				t.Errorf("within %v: got %v, %v, want the greatest weight and 10", d, got, err)
			}
		}
	})
}

func TestDNSThatNeverLooksAgain(t *testing.T) {
	for range 20 { // pauses vary
		synctest.Test(t, func(t *testing.T) {
			var z zone
			z.set("shop.example", "192.0.2.1")
			ctx, cancel := context.WithTimeout(t.Context(), 1000*time.Hour)
			defer cancel()
			discovery.NewDNS(discovery.DNSConfig{Interval: math.MaxInt64, Resolver: &z}).Watch(ctx, "shop.example:1", func([]discovery.Instance) {})
			if got := len(z.lookups()); got != 1 {
				t.Errorf("got %d lookups, want one", got)
			}
		})
	}
}
