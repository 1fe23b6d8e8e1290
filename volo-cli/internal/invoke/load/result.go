package load

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Result is what a run has measured.
type Result struct {
	Callers int           `json:"callers"`
	Rate    float64       `json:"rate,omitempty"` // calls that were due a second; 0 in a closed loop
	Elapsed time.Duration `json:"elapsed_ns"`     // warm-up excluded

	Succeeded  uint64            `json:"succeeded"`
	Failed     uint64            `json:"failed"`
	Errors     map[string]uint64 `json:"errors,omitempty"` // Failed, by kind
	Throughput float64           `json:"throughput"`       // calls a second, failed ones included
	// Unfinished calls had not ended, or in an open loop were due and had not
	// begun, when the run gave up. No latency has them, so all are too good.
	Unfinished uint64 `json:"unfinished,omitempty"`

	// Latency is that of the calls that succeeded; in an open loop, from when
	// they were due.
	Latency Summary `json:"latency"`
	// Lag is how much later than due calls began, in an open loop: because all
	// callers were busy, or this machine was.
	Lag *Summary `json:"lag,omitempty"`

	took *hdrhistogram.Histogram
}

func (r *Result) count(kind string, n uint64) {
	if r.Errors == nil {
		r.Errors = make(map[string]uint64)
	}
	r.Errors[kind] += n
	r.Failed += n
}

// A Summary describes many durations, all zero of none.
type Summary struct {
	Min    time.Duration `json:"min_ns"`
	Mean   time.Duration `json:"mean_ns"`
	StdDev time.Duration `json:"stddev_ns"`
	P50    time.Duration `json:"p50_ns"`
	P75    time.Duration `json:"p75_ns"`
	P90    time.Duration `json:"p90_ns"`
	P95    time.Duration `json:"p95_ns"`
	P99    time.Duration `json:"p99_ns"`
	P999   time.Duration `json:"p99_9_ns"`
	P9999  time.Duration `json:"p99_99_ns"`
	Max    time.Duration `json:"max_ns"`
}

func summarize(h *hdrhistogram.Histogram) Summary {
	if h.TotalCount() == 0 {
		return Summary{}
	}
	at := func(percent float64) time.Duration { return time.Duration(h.ValueAtQuantile(percent)) }
	return Summary{
		Min: time.Duration(h.Min()), Mean: time.Duration(h.Mean()), StdDev: time.Duration(h.StdDev()),
		P50: at(50), P75: at(75), P90: at(90), P95: at(95), P99: at(99), P999: at(99.9), P9999: at(99.99),
		Max: time.Duration(h.Max()),
	}
}

// A Bar says how many durations are at most To, and longer than the bar before
// goes.
type Bar struct {
	To    time.Duration
	Count uint64
}

// Bars returns the latencies in n groups, each as much longer than the one
// before as that is than its own; none of none.
func (r *Result) Bars(n int) []Bar {
	if r.took == nil || r.took.TotalCount() == 0 || n < 1 {
		return nil
	}
	low, high := max(float64(r.took.Min()), 1), float64(r.took.Max())
	bars := make([]Bar, n)
	for i := range bars {
		bars[i].To = time.Duration(math.Ceil(low * math.Pow(high/low, float64(i+1)/float64(n))))
	}
	bars[n-1].To = time.Duration(r.took.Max())
	i := 0
	for _, b := range r.took.Distribution() {
		for i < n-1 && b.From > int64(bars[i].To) {
			i++
		}
		bars[i].Count += uint64(b.Count)
	}
	return bars
}
