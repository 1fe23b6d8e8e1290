package loadbalance_test

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

func TestEjectedForever(t *testing.T) {
	for _, c := range []loadbalance.EjectConfig{
		{Max: math.MaxInt64}, {Base: math.MaxInt64}, {Base: math.MaxInt64, Max: math.MaxInt64}, {Base: math.MaxInt64 / 2, Max: math.MaxInt64},
	} {
		synctest.Test(t, func(t *testing.T) {
			instances := []discovery.Instance{{Address: rpc.TCP("a:1"), Weight: 1}, {Address: rpc.TCP("b:1"), Weight: 1}, {Address: rpc.TCP("c:1"), Weight: 1}}
			p := loadbalance.Eject(loadbalance.RoundRobin(), c).Balance(instances)
			time.Sleep(time.Second)
			for range 6 { // five, and one from before
				p.(loadbalance.Tracker).Begin(0)
				p.(loadbalance.Tracker).End(0, 1, rpc.Failed)
			}
			out := func(when string) {
				time.Sleep(10 * time.Second)
				for range 30 {
					if i, err := p.Pick(context.Background(), nil); i == 0 || err != nil {
						t.Errorf("Base %v, Max %v: %s, got %d, %v, want another one", c.Base, c.Max, when, i, err)
						return
					}
				}
			}
			out("after it has failed")
			p = p.(loadbalance.Renewer).Renew(instances[1:]).(loadbalance.Renewer).Renew(instances)
			out("after a snapshot without it")
		})
	}
}
