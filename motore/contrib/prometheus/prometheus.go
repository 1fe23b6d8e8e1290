// Package prometheus counts and measures calls for Prometheus, and collects
// the state of clients, servers and circuit breakers.
//
//	calls := prometheus.New(prometheus.Config{})
//	registry.MustRegister(calls,
//		prometheus.ServerState("shop", server),
//		prometheus.ClientState("stock", client),
//		prometheus.BreakerState("stock", circuits))
//
//	volothrift.NewServer(volothrift.WithLayers(volothrift.Observe(calls)))
//
// vologrpc has the same functions. One observer serves all clients and servers
// of a process.
//
// # Calls
//
//	volo_calls_total{…,outcome}       calls that have ended
//	volo_calls_in_flight              that have not
//	volo_call_duration_seconds        from the observer's layer to the end of the call
//	volo_call_sent_bytes              on the wire; not of a client's streams
//	volo_call_received_bytes
//
// All have the labels role, system, service and method, and nothing that the
// other side may choose freely: methods beyond the first [MaxMethods] are
// counted as "_OTHER". Those that a server has registered are few, and count in
// any case. Outcomes are those of [rpc.Outcome].
//
// # Cost
//
// A call whose method was seen before looks up one entry, at one allocation for
// its key.
package prometheus

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// MaxMethods is how many methods of services are told apart.
const MaxMethods = 1024

// other stands for methods beyond [MaxMethods].
const other = "_OTHER"

// Config says how calls are measured. The zero value is good for most.
type Config struct {
	// Buckets are upper bounds of durations, in seconds; nil stands for
	// [DurationBuckets].
	Buckets []float64
	// SizeBuckets are upper bounds of sizes, in bytes; nil stands for
	// [SizeBuckets].
	SizeBuckets []float64
	// Labels are put on all metrics.
	Labels map[string]string
}

// DurationBuckets are upper bounds from a quarter of a millisecond to ten
// seconds.
func DurationBuckets() []float64 {
	return []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
}

// SizeBuckets are upper bounds from 64 bytes to 4 MiB.
func SizeBuckets() []float64 { return prometheus.ExponentialBuckets(64, 4, 9) }

// Calls is an [observe.Observer] of calls, and a collector of what it has seen.
type Calls struct {
	total          *prometheus.CounterVec
	flying         *prometheus.GaugeVec
	duration       *prometheus.HistogramVec
	sent, received *prometheus.HistogramVec
	known          sync.Map // method → *series
	number         atomic.Int64
}

// A method is what series are told apart by.
type method struct {
	role                  rpc.Role
	system, service, name string
}

// A series is what is measured of one method.
type series struct {
	ended                    [rpc.Canceled + 1]prometheus.Counter
	flying                   prometheus.Gauge
	duration, sent, received prometheus.Observer
}

// New returns an observer that must be registered to be of use.
func New(c Config) *Calls {
	if c.Buckets == nil {
		c.Buckets = DurationBuckets()
	}
	if c.SizeBuckets == nil {
		c.SizeBuckets = SizeBuckets()
	}
	labels := []string{"role", "system", "service", "method"}
	histogram := func(name, help string, buckets []float64) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: name, Help: help, Buckets: buckets, ConstLabels: c.Labels,
		}, labels)
	}
	return &Calls{
		total: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "volo_calls_total", Help: "Calls that have ended, by what their end says of the instance.", ConstLabels: c.Labels,
		}, append(labels[:4:4], "outcome")),
		flying: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "volo_calls_in_flight", Help: "Calls that have begun and not ended.", ConstLabels: c.Labels,
		}, labels),
		duration: histogram("volo_call_duration_seconds", "How long calls take, streams until their end.", c.Buckets),
		sent:     histogram("volo_call_sent_bytes", "Bytes that this side has sent for a call.", c.SizeBuckets),
		received: histogram("volo_call_received_bytes", "Bytes that this side has received for a call.", c.SizeBuckets),
	}
}

// Describe implements [prometheus.Collector].
func (c *Calls) Describe(to chan<- *prometheus.Desc) {
	for _, v := range c.collectors() {
		v.Describe(to)
	}
}

// Collect implements [prometheus.Collector].
func (c *Calls) Collect(to chan<- prometheus.Metric) {
	for _, v := range c.collectors() {
		v.Collect(to)
	}
}

func (c *Calls) collectors() []prometheus.Collector {
	return []prometheus.Collector{c.total, c.flying, c.duration, c.sent, c.received}
}

// Begin counts a call that is in flight.
func (c *Calls) Begin(ctx context.Context, info *rpc.Info, req observe.Request) (context.Context, observe.Ender) {
	s := c.of(method{info.Role, req.System(), info.Service, info.Method}, info.Role == rpc.Server && !info.Unknown)
	s.flying.Inc()
	return ctx, s
}

// of returns the series of a method. What a server has registered is bounded by
// itself, and nobody's made-up names take its place.
func (c *Calls) of(m method, registered bool) *series {
	if s, ok := c.known.Load(m); ok {
		return s.(*series)
	}
	if !registered && c.number.Load() >= MaxMethods {
		m.service, m.name = other, other
		if s, ok := c.known.Load(m); ok {
			return s.(*series)
		}
	}
	// Names of methods that a server does not know are the peer's.
	labels := []string{m.role.String(), m.system, strings.ToValidUTF8(m.service, "_"), strings.ToValidUTF8(m.name, "_")}
	s := &series{
		flying:   c.flying.WithLabelValues(labels...),
		duration: c.duration.WithLabelValues(labels...),
		sent:     c.sent.WithLabelValues(labels...),
		received: c.received.WithLabelValues(labels...),
	}
	for o := range s.ended {
		s.ended[o] = c.total.WithLabelValues(append(labels[:4:4], rpc.Outcome(o).String())...)
	}
	found, seen := c.known.LoadOrStore(m, s)
	if !seen && !registered {
		c.number.Add(1)
	}
	return found.(*series)
}

// End counts and measures a call.
func (s *series) End(_ context.Context, end observe.End) {
	s.flying.Dec()
	if int(end.Outcome) < len(s.ended) {
		s.ended[end.Outcome].Inc()
	}
	s.duration.Observe(end.Duration.Seconds())
	if end.Sent > 0 {
		s.sent.Observe(float64(end.Sent))
	}
	if end.Received > 0 {
		s.received.Observe(float64(end.Received))
	}
}
