package loadbalance_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// A request is what frameworks have an envelope for.
type request struct {
	service string
	used    []string // the addresses it was told to use, in order
}

func toItems() *request { return &request{service: "shop.item"} }

type (
	config = loadbalance.Config[*request, string]
	stage  = loadbalance.Stage[*request, string]
)

// configOf returns a config that takes instances in the order of the snapshot.
func configOf(d discovery.Discoverer) config {
	return config{
		Discoverer: d,
		Balancer:   loadbalance.BalancerFunc(inOrder),
		Service:    func(req *request) string { return req.service },
		Use: func(req *request, in discovery.Instance) {
			req.used = append(req.used, in.Address.String())
		},
	}
}

func inOrder(instances []discovery.Instance) loadbalance.Picker {
	return loadbalance.PickerFunc(func(_ context.Context, tried loadbalance.Tried) (int, error) {
		for i := range instances {
			if !tried.Has(i) {
				return i, nil
			}
		}
		return 0, loadbalance.ErrNoInstance
	})
}

func at(addresses ...string) []discovery.Instance {
	var instances []discovery.Instance
	for _, a := range addresses {
		instances = append(instances, discovery.Instance{Address: rpc.TCP(a), Weight: 1})
	}
	return instances
}

// where is the service that answers with the address it was reached at.
var where = motore.ServiceFunc[*request, string](func(_ context.Context, req *request) (string, error) {
	return req.used[len(req.used)-1], nil
})

func TestAFixedAddressPassesThrough(t *testing.T) {
	s := loadbalance.New(configOf(discovery.Func(func(context.Context, string, func([]discovery.Instance)) error {
		t.Error("the Discoverer was asked")
		return nil
	})))
	defer s.Close()
	req := &request{used: []string{"mine:1"}}
	if got, err := s.Layer(where).Call(t.Context(), req); got != "mine:1" || err != nil {
		t.Errorf("got %q, %v, want mine:1", got, err)
	}
}

func TestChangesAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		var got []string
		cfg := configOf(&f)
		cfg.Changed = func(service string, c discovery.Change) {
			got = append(got, fmt.Sprintf("%s +%d ~%d -%d", service, len(c.Added), len(c.Updated), len(c.Removed)))
		}
		s := loadbalance.New(cfg)
		f.Set("shop.item", at("a:1", "b:1")...)
		first(t.Context(), s)
		synctest.Wait()
		f.Set("shop.item", at("a:1", "b:1")...)
		synctest.Wait()
		f.Set("shop.item", discovery.Instance{Address: rpc.TCP("a:1"), Weight: 7})
		synctest.Wait()
		s.Close()
		if want := []string{"shop.item +2 ~0 -0", "shop.item +0 ~1 -1"}; !slices.Equal(got, want) {
			t.Errorf("got changes %v, want %v", got, want)
		}
	})
}

func TestBalancersGetPositiveWeights(t *testing.T) {
	var got []int
	cfg := configOf(fixed([]discovery.Instance{
		{Address: rpc.TCP("a:1")},
		{Address: rpc.TCP("b:1"), Weight: -5},
		{Address: rpc.TCP("c:1"), Weight: discovery.MaxWeight + 1},
		{Address: rpc.TCP("d:1"), Weight: 3},
		{Weight: 4},
	}))
	cfg.Balancer = loadbalance.BalancerFunc(func(instances []discovery.Instance) loadbalance.Picker {
		for _, in := range instances {
			got = append(got, in.Weight)
		}
		return inOrder(instances)
	})
	s := loadbalance.New(cfg)
	first(t.Context(), s)
	s.Close()
	if want := []int{discovery.DefaultWeight, discovery.MaxWeight, 3}; !slices.Equal(got, want) {
		t.Errorf("got weights %v, want %v", got, want)
	}
}

func TestConfigIsChecked(t *testing.T) {
	whole := configOf(fixed(nil))
	for what, spoil := range map[string]func(*config){
		"no Discoverer": func(c *config) { c.Discoverer = nil },
		"no Service":    func(c *config) { c.Service = nil },
		"no Use":        func(c *config) { c.Use = nil },
	} {
		c := whole
		spoil(&c)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got no panic, want one", what)
				}
			}()
			loadbalance.New(c)
		}()
	}
}

// steady is a stage over three instances whose calls succeed at once.
func steady(tb testing.TB, balancer loadbalance.Balancer) (motore.Service[*request, string], *request) {
	cfg := configOf(fixed(at("a:1", "b:1", "c:1")))
	cfg.Balancer = balancer
	cfg.Use = func(*request, discovery.Instance) {}
	s := loadbalance.New(cfg)
	tb.Cleanup(func() { s.Close() })
	svc := s.Layer(motore.ServiceFunc[*request, string](func(context.Context, *request) (string, error) {
		return "ok", nil
	}))
	req := toItems()
	if _, err := svc.Call(tb.Context(), req); err != nil {
		tb.Fatal(err)
	}
	return svc, req
}

func TestACallAllocatesNothing(t *testing.T) {
	svc, req := steady(t, nil)
	ctx := t.Context()
	if got := testing.AllocsPerRun(100, func() { svc.Call(ctx, req) }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}

func BenchmarkStage(b *testing.B) {
	for _, s := range []struct {
		name string
		loadbalance.Balancer
	}{
		{"random", loadbalance.Random()},
		{"least", loadbalance.LeastRequests{}},
		{"p2c", loadbalance.P2C()},
		{"eject p2c", loadbalance.Eject(loadbalance.P2C(), loadbalance.EjectConfig{})},
	} {
		b.Run(s.name, func(b *testing.B) {
			svc, req := steady(b, s.Balancer)
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				svc.Call(ctx, req)
			}
		})
	}
}

// Calls of which it is unknown what has become move on to nobody, so that each
// that goes to an instance that hangs is a loss.
func TestWithoutABalancerAnInstanceThatHangsGetsFewCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := configOf(discovery.Static(rpc.TCP("well:1"), rpc.TCP("hangs:1")))
		cfg.Balancer = nil
		s := loadbalance.New(cfg)
		defer s.Close()
		service := s.Layer(motore.ServiceFunc[*request, string](func(ctx context.Context, req *request) (string, error) {
			if address, _ := where(ctx, req); address == "hangs:1" {
				return "", context.DeadlineExceeded
			}
			return "", nil
		}))
		lost := 0
		for range 1000 {
			if _, err := service.Call(t.Context(), toItems()); err != nil {
				lost++
			}
		}
		if lost == 0 || lost > 5 {
			t.Errorf("%d of 1000 calls were lost, want one at least and five at most", lost)
		}
	})
}
