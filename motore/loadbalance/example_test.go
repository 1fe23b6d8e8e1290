package loadbalance_test

import (
	"context"
	"fmt"

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
