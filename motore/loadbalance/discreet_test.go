package loadbalance_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
)

type discreet struct{}

func (discreet) Discreet() bool                                 { return true }
func (discreet) Call(context.Context, *request) (string, error) { return "", nil }

func TestTheLayerIsDiscreetUnlessAUserSeesCalls(t *testing.T) {
	key := func(context.Context) (uint64, bool) { return 0, true }
	foreign := loadbalance.BalancerFunc(func(instances []discovery.Instance) loadbalance.Picker {
		return loadbalance.Random().Balance(instances)
	})
	for _, test := range []struct {
		what string
		loadbalance.Balancer
		want bool
	}{
		{"the default", nil, true},
		{"Random", loadbalance.Random(), true},
		{"RoundRobin", loadbalance.RoundRobin(), true},
		{"LeastRequests", loadbalance.LeastRequests{}, true},
		{"PickFirst", loadbalance.PickFirst(), true},
		{"Consistent", loadbalance.Consistent{}, true},
		{"Consistent with a key of a user", loadbalance.Consistent{Key: key}, false},
		{"Maglev", loadbalance.Maglev{}, true},
		{"Maglev with a key of a user", loadbalance.Maglev{Key: key}, false},
		{"Locality, Subset, Eject", loadbalance.Locality(loadbalance.Subset(loadbalance.Default(), loadbalance.SubsetConfig{}), loadbalance.LocalityConfig{}), true},
		{"a user's", foreign, false},
		{"a user's within Eject", loadbalance.Eject(foreign, loadbalance.EjectConfig{}), false},
		{"a user's within Subset", loadbalance.Subset(foreign, loadbalance.SubsetConfig{}), false},
		{"a user's within Locality", loadbalance.Locality(foreign, loadbalance.LocalityConfig{}), false},
	} {
		c := loadbalance.Config[*request, string]{
			Discoverer: discovery.Static(), Balancer: test.Balancer,
			Service: func(*request) string { return "" }, Use: func(*request, discovery.Instance) {},
		}
		s := loadbalance.New(c)
		if got := motore.IsDiscreet(s.Layer(discreet{})); got != test.want {
			t.Errorf("%s: got %v, want %v", test.what, got, test.want)
		}
		if motore.IsDiscreet(s.Layer(motore.ServiceFunc[*request, string](discreet{}.Call))) {
			t.Errorf("%s: the layer is discreet, and what it wraps is not", test.what)
		}
		s.Close()
	}
}
