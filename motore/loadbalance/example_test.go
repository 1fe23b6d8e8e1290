package loadbalance_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

func ExampleNew() {
	type request struct {
		service string
		address rpc.Address
	}
	stage := loadbalance.New(loadbalance.Config[*request, string]{
		Discoverer: discovery.Static(rpc.TCP("192.0.2.1:8888")),
		Balancer:   loadbalance.RoundRobin(),
		Service:    func(req *request) string { return req.service },
		Use:        func(req *request, in discovery.Instance) { req.address = in.Address },
	})
	defer stage.Close()

	client := motore.Chain(stage.Layer)(motore.ServiceFunc[*request, string](
		func(_ context.Context, req *request) (string, error) {
			return "hello from " + req.address.String(), nil
		}))
	fmt.Println(client.Call(context.Background(), &request{service: "shop.item"}))
	// Output: hello from 192.0.2.1:8888 <nil>
}

// A Balancer of one's own: everything goes to the first instance, the others
// stand by.
func ExampleBalancerFunc() {
	standby := loadbalance.BalancerFunc(func(instances []discovery.Instance) loadbalance.Picker {
		return loadbalance.PickerFunc(func(_ context.Context, tried loadbalance.Tried) (int, error) {
			for i := range instances {
				if !tried.Has(i) {
					return i, nil
				}
			}
			return 0, loadbalance.ErrNoInstance
		})
	})
	picker := standby.Balance([]discovery.Instance{{Address: rpc.TCP("a:1")}, {Address: rpc.TCP("b:1")}})
	fmt.Println(picker.Pick(context.Background(), nil))
	fmt.Println(picker.Pick(context.Background(), loadbalance.Tried{0}))
	// Output:
	// 0 <nil>
	// 1 <nil>
}

// Near instances first, without those that fail, and of two the one where the
// call waits less.
func ExampleEject() {
	balancer := loadbalance.Locality(
		loadbalance.Eject(loadbalance.P2C(), loadbalance.EjectConfig{Consecutive: 3}),
		loadbalance.LocalityConfig{Zone: "a"})

	picker := balancer.Balance([]discovery.Instance{
		{Address: rpc.TCP("near:1"), Weight: 10, Tags: map[string]string{"zone": "a"}},
		{Address: rpc.TCP("far:1"), Weight: 10, Tags: map[string]string{"zone": "b"}},
	}).(loadbalance.Tracker)
	for range 4 {
		i, _ := picker.Pick(context.Background(), nil)
		fmt.Println(i)
		picker.Begin(i)
		picker.End(i, time.Millisecond, rpc.Failed)
	}
	// Output:
	// 0
	// 0
	// 0
	// 1
}

// Calls for the same user go to the same instance.
func ExampleKeyFrom() {
	type user struct{}
	balancer := loadbalance.Maglev{Key: loadbalance.KeyFrom(func(ctx context.Context) (string, bool) {
		name, ok := ctx.Value(user{}).(string)
		return name, ok
	})}
	picker := balancer.Balance([]discovery.Instance{
		{Address: rpc.TCP("a:1"), Weight: 10}, {Address: rpc.TCP("b:1"), Weight: 10}, {Address: rpc.TCP("c:1"), Weight: 10},
	})
	ctx := context.WithValue(context.Background(), user{}, "ada")
	first, _ := picker.Pick(ctx, nil)
	again, _ := picker.Pick(ctx, nil)
	fmt.Println(first == again)
	fmt.Println(picker.Pick(context.Background(), nil))
	// Output:
	// true
	// 0 no key to hash: see loadbalance.WithKey
}

// A fewest is a balancer of one's own that hears of calls: it picks who has had
// the fewest.
type fewest []atomic.Int64

func (f fewest) Pick(_ context.Context, tried loadbalance.Tried) (int, error) {
	least := -1
	for i := range f {
		if !tried.Has(i) && (least < 0 || f[i].Load() < f[least].Load()) {
			least = i
		}
	}
	if least < 0 {
		return 0, loadbalance.ErrNoInstance
	}
	return least, nil
}

func (f fewest) Begin(i int)                         { f[i].Add(1) }
func (f fewest) End(int, time.Duration, rpc.Outcome) {}

func ExampleTracker() {
	balancer := loadbalance.BalancerFunc(func(instances []discovery.Instance) loadbalance.Picker {
		return make(fewest, len(instances))
	})
	stage := loadbalance.New(loadbalance.Config[*string, string]{
		Discoverer: discovery.Static(rpc.TCP("a:1"), rpc.TCP("b:1")),
		Balancer:   balancer,
		Service:    func(*string) string { return "shop.item" },
		Use:        func(address *string, in discovery.Instance) { *address = in.Address.String() },
	})
	defer stage.Close()
	client := stage.Layer(motore.ServiceFunc[*string, string](func(_ context.Context, address *string) (string, error) {
		return *address, nil
	}))
	for range 3 {
		fmt.Println(client.Call(context.Background(), new(string)))
	}
	// Output:
	// a:1 <nil>
	// b:1 <nil>
	// a:1 <nil>
}
