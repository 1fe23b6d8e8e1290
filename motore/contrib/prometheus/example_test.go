package prometheus_test

import (
	"context"
	"fmt"

	client "github.com/prometheus/client_golang/prometheus"

	"github.com/volo-go/volo/motore/contrib/prometheus"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

func Example() {
	calls := prometheus.New(prometheus.Config{})
	registry := client.NewRegistry()
	registry.MustRegister(calls)

	// volothrift.WithLayers(volothrift.Observe(calls)), or of vologrpc; here, any service:
	s := observe.New[error, string](calls)(service)
	s.Call(in(rpc.Info{Role: rpc.Server, Service: "Stock", Method: "Count"}), context.DeadlineExceeded)

	metrics, _ := registry.Gather()
	for _, family := range metrics {
		fmt.Println(family.GetName())
	}
	// Output:
	// volo_call_duration_seconds
	// volo_call_received_bytes
	// volo_call_sent_bytes
	// volo_calls_in_flight
	// volo_calls_total
}
