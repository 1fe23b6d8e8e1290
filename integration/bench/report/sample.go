package report

import "fmt"

// A Config is what all peers of one table had to do.
type Config struct {
	Scenario string `json:"scenario"`
	Callers  int    `json:"callers"`
	Size     int    `json:"size"`           // bytes of a message
	Idle     int    `json:"idle,omitempty"` // connections on which nothing is sent
	Pinned   bool   `json:"pinned"`
}

// A Sample is what one round of one peer measured. Costs are per request.
type Sample struct {
	Config
	Peer  string `json:"peer"`
	Round int    `json:"round"`

	Requests   uint64  `json:"requests"`
	Errors     uint64  `json:"errors"`
	FirstError string  `json:"first_error,omitempty"`
	Seconds    float64 `json:"seconds"`

	PerSecond    float64 `json:"requests_per_second"`
	P50          float64 `json:"p50_us"`
	P99          float64 `json:"p99_us"`
	P999         float64 `json:"p999_us"`
	ServerCPU    float64 `json:"server_cpu_us"`
	ClientCPU    float64 `json:"client_cpu_us"`
	ServerAllocs float64 `json:"server_allocs"`
	ServerBytes  float64 `json:"server_bytes"`
	ClientAllocs float64 `json:"client_allocs"`
	ClientBytes  float64 `json:"client_bytes"`
	ServerRSS    float64 `json:"server_rss_mib"` // at the end of the round
}

// A Metric is one number of a sample.
type Metric struct {
	Name   string
	Format string // of fmt
	Of     func(Sample) float64
}

// The metrics, in the order of the columns of a table.
var (
	PerSecond    = Metric{"req/s", "%.0f", func(s Sample) float64 { return s.PerSecond }}
	P50          = Metric{"p50 µs", "%.1f", func(s Sample) float64 { return s.P50 }}
	P99          = Metric{"p99 µs", "%.1f", func(s Sample) float64 { return s.P99 }}
	P999         = Metric{"p99.9 µs", "%.0f", func(s Sample) float64 { return s.P999 }}
	ServerCPU    = Metric{"server µs", "%.2f", func(s Sample) float64 { return s.ServerCPU }}
	ClientCPU    = Metric{"client µs", "%.2f", func(s Sample) float64 { return s.ClientCPU }}
	ServerAllocs = Metric{"server allocs", "%.1f", func(s Sample) float64 { return s.ServerAllocs }}
	ServerBytes  = Metric{"server B", "%.0f", func(s Sample) float64 { return s.ServerBytes }}
	ClientAllocs = Metric{"client allocs", "%.1f", func(s Sample) float64 { return s.ClientAllocs }}
	ClientBytes  = Metric{"client B", "%.0f", func(s Sample) float64 { return s.ClientBytes }}
	ServerRSS    = Metric{"server MiB", "%.0f", func(s Sample) float64 { return s.ServerRSS }}
)

func metrics() []Metric {
	return []Metric{
		PerSecond, P50, P99, P999, ServerCPU, ClientCPU,
		ServerAllocs, ServerBytes, ClientAllocs, ClientBytes, ServerRSS,
	}
}

func (m Metric) text(v float64) string { return fmt.Sprintf(m.Format, v) }
