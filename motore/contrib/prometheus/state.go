package prometheus

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/observe"
)

// A Client is what clients of both frameworks say of themselves.
type Client interface {
	Balancing() []loadbalance.ServiceState
	Peers() []observe.Peer
}

// A Server is what servers of both frameworks say of themselves.
type Server interface{ Load() observe.Load }

// A state is a collector that looks when it is scraped.
type state struct {
	descs   []*prometheus.Desc
	collect func(gauge func(i int, v float64, labels ...string))
}

func (s *state) Describe(to chan<- *prometheus.Desc) {
	for _, d := range s.descs {
		to <- d
	}
}

func (s *state) Collect(to chan<- prometheus.Metric) {
	s.collect(func(i int, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(s.descs[i], prometheus.GaugeValue, v, labels...)
	})
}

// ServerState collects what a server has to do. The name tells servers of one
// process apart.
//
//	volo_server_connections{server}    volo_server_connections_max{server}
//	volo_server_calls{server}          volo_server_calls_max{server}
func ServerState(name string, s Server) prometheus.Collector {
	desc := of("server", name)
	return &state{
		descs: []*prometheus.Desc{
			desc("volo_server_connections", "Connections that are open."),
			desc("volo_server_connections_max", "The most connections that the server takes."),
			desc("volo_server_calls", "Calls that are being handled."),
			desc("volo_server_calls_max", "The most calls that the server handles at once."),
		},
		collect: func(gauge func(int, float64, ...string)) {
			l := s.Load()
			for i, v := range []int{l.Conns, l.MaxConns, l.Calls, l.MaxCalls} {
				gauge(i, float64(v))
			}
		},
	}
}

// ClientState collects the connections of a client and what its balancer
// knows. The name tells clients of one process apart.
//
//	volo_client_peers{client,state}                by the state of their connections
//	volo_client_connections{client}                that are open
//	volo_client_instances{client,service}          that discovery has found
//	volo_client_instances_ejected{client,service}  of these, for their faults
//	volo_client_outstanding{client,service}        calls, as far as the balancer counts them
func ClientState(name string, c Client) prometheus.Collector {
	desc := of("client", name)
	return &state{
		descs: []*prometheus.Desc{
			desc("volo_client_peers", "Addresses that were called, by the state of their connections.", "state"),
			desc("volo_client_connections", "Connections that are open."),
			desc("volo_client_instances", "Instances that discovery has found.", "service"),
			desc("volo_client_instances_ejected", "Instances that take no calls for their faults.", "service"),
			desc("volo_client_outstanding", "Calls that have not ended, as far as the balancer counts them.", "service"),
		},
		collect: func(gauge func(int, float64, ...string)) {
			connections, states := 0, map[string]int{"idle": 0, "connecting": 0, "ready": 0, "failing": 0}
			for _, p := range c.Peers() {
				connections += p.Connections
				states[p.State]++
			}
			for s, n := range states {
				gauge(0, float64(n), s)
			}
			gauge(1, float64(connections))
			now := time.Now()
			for _, s := range c.Balancing() {
				ejected, outstanding := 0, int64(0)
				for i := range s.Instances {
					if s.Instances[i].EjectedUntil.After(now) {
						ejected++
					}
					outstanding += s.Instances[i].Outstanding
				}
				gauge(2, float64(len(s.Instances)), s.Service)
				gauge(3, float64(ejected), s.Service)
				gauge(4, float64(outstanding), s.Service)
			}
		},
	}
}

// BreakerState collects how many circuits there are of each state. The name
// tells breakers of one process apart.
//
//	volo_breaker_circuits{breaker,state}
func BreakerState(name string, c *breaker.Circuits) prometheus.Collector {
	return &state{
		descs: []*prometheus.Desc{of("breaker", name)("volo_breaker_circuits", "Circuits, by state.", "state")},
		collect: func(gauge func(int, float64, ...string)) {
			var n [breaker.Open + 1]int
			for s := range c.All() {
				n[s.State]++
			}
			for s, n := range n {
				gauge(0, float64(n), breaker.State(s).String())
			}
		},
	}
}

// of returns what makes descriptions of metrics that have a constant label.
func of(label, value string) func(name, help string, labels ...string) *prometheus.Desc {
	return func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, prometheus.Labels{label: value})
	}
}
