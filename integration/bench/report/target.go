package report

import (
	"fmt"
	"io"
	"math"
)

// A Verdict says of one target whether it was met.
type Verdict struct {
	Target string  `json:"target"` // a sentence
	Got    float64 `json:"got"`
	Rounds int     `json:"rounds"` // that Got is the median of
	Met    bool    `json:"met"`
}

// A bound is what a number has to be: at least or at most a limit.
type bound struct {
	sign  string
	limit float64
}

func atLeast(limit float64) bound { return bound{"≥", limit} }
func atMost(limit float64) bound  { return bound{"≤", limit} }

func (b bound) met(v float64) bool {
	if b.sign == "≥" {
		return v >= b.limit
	}
	return v <= b.limit
}

// A callTarget is what a peer has to reach in one configuration: in multiples
// of another peer, or absolutely if than is empty.
type callTarget struct {
	scenario string
	callers  int
	peer     string
	metric   Metric
	bound    bound
	than     string
}

func callTargets() []callTarget {
	return append(thriftTargets(), grpcTargets()...)
}

func thriftTargets() []callTarget {
	const (
		pingpong, pingpong16k = "thrift-pingpong", "thrift-pingpong-16k"
		mux, muxUnpinned      = "thrift-mux", "thrift-mux-unpinned"
		ours, oursMux         = "volo-pingpong", "volo-mux"
		kitex, apache         = "kitex-pingpong", "apache-framed"
	)
	return []callTarget{
		{pingpong, 1, ours, PerSecond, atLeast(1.2), kitex},
		{pingpong, 1, ours, P99, atMost(0.5), kitex},
		{pingpong, 100, ours, PerSecond, atLeast(1.2), kitex},
		{pingpong, 100, ours, PerSecond, atLeast(1.2), apache},
		{pingpong, 100, ours, ServerCPU, atMost(1.25), "raw-net"},
		{pingpong, 100, ours, ServerAllocs, atMost(6), ""},
		{pingpong, 100, ours, ClientAllocs, atMost(6), ""},
		{pingpong, 1000, ours, PerSecond, atLeast(1.4), kitex},
		{pingpong, 1000, ours, PerSecond, atLeast(1.4), apache},
		{pingpong16k, 100, ours, PerSecond, atLeast(1.4), kitex},
		{pingpong16k, 100, ours, PerSecond, atLeast(1.4), apache},
		{mux, 100, oursMux, PerSecond, atLeast(4), "kitex-mux"},
		{mux, 100, oursMux, ServerCPU, atMost(3), "raw-mux"},
		{mux, 1000, oursMux, PerSecond, atLeast(5), "kitex-mux"},
		{mux, 1000, oursMux, ServerCPU, atMost(3), "raw-mux"},
		{muxUnpinned, 100, oursMux, PerSecond, atLeast(2.5), "kitex-mux"},
	}
}

func grpcTargets() []callTarget {
	const (
		unary, unary4, unary16k, unpinned = "grpc-unary", "grpc-unary-4conns", "grpc-unary-16k", "grpc-unary-unpinned"
		ours, theirs                      = "volo-grpc", "grpc-go"
	)
	targets := []callTarget{
		{unary, 1, ours, P50, atMost(1), theirs},
		{unary, 100, ours, PerSecond, atLeast(4), theirs},
		{unary, 100, ours, ServerCPU, atMost(0.25), theirs},
		{unary, 100, ours, ServerAllocs, atMost(12), ""},
		{unary, 100, ours, ClientAllocs, atMost(15), ""},
		{unary, 100, "volo-grpc-by-h2load", PerSecond, atLeast(3.5), "grpc-go-by-h2load"},
		{unary, 100, "volo-grpc-by-grpc-go", ServerCPU, atMost(0.75), theirs},
		{unary16k, 100, ours, PerSecond, atLeast(1.8), theirs},
		{unpinned, 100, ours, PerSecond, atLeast(3), theirs},
		{"grpc-idle", 100, ours, ServerRSS, atMost(0.5), theirs},
		{"grpc-bidi", 100, ours, PerSecond, atLeast(3), theirs},
	}
	for _, scenario := range []string{unary, unary4, unary16k, unpinned} {
		for _, callers := range []int{1, 100, 1000} {
			targets = append(targets, callTarget{scenario, callers, ours, P99, atMost(1), theirs})
		}
	}
	for _, scenario := range []string{"grpc-flood", "grpc-flood-64k"} {
		for _, callers := range []int{1, 100} {
			targets = append(targets, callTarget{scenario, callers, ours, PerSecond, atLeast(2), theirs})
		}
	}
	return targets
}

// Verdicts judges all targets that samples and t have measured.
func Verdicts(samples []Sample, t CodecTable) []Verdict {
	var verdicts []Verdict
	for _, group := range configs(samples) {
		for _, target := range callTargets() {
			if target.scenario == group[0].Scenario && target.callers == group[0].Callers {
				verdicts = appendVerdict(verdicts, target.sentence(), target.bound, target.got(group))
			}
		}
	}
	return append(verdicts, codecVerdicts(t)...)
}

func (t callTarget) sentence() string {
	s := fmt.Sprintf("%s, %s: %s of %s %s %g", t.scenario, count(t.callers, "caller"), t.metric.Name, t.peer, t.bound.sign, t.bound.limit)
	if t.than != "" {
		s += "× " + t.than
	}
	return s
}

// got returns a median of NaN if what the target needs was not measured.
func (t callTarget) got(group []Sample) Ratio {
	its := of(group, t.peer)
	if t.than == "" {
		return Ratio{Median: median(t.metric, its), Rounds: len(its)}
	}
	return Paired(t.metric, its, of(group, t.than))
}

// appendVerdict leaves out what was not measured.
func appendVerdict(verdicts []Verdict, sentence string, b bound, got Ratio) []Verdict {
	if math.IsNaN(got.Median) || math.IsInf(got.Median, 0) {
		return verdicts
	}
	return append(verdicts, Verdict{Target: sentence, Got: got.Median, Rounds: got.Rounds, Met: b.met(got.Median)})
}

// WriteVerdicts writes verdicts, a line each, and nothing if there are none.
func WriteVerdicts(w io.Writer, verdicts []Verdict) error {
	if len(verdicts) == 0 {
		return nil
	}
	t := table{{"target", "got", "rounds", ""}}
	for _, v := range verdicts {
		word := "met"
		if !v.Met {
			word = "MISSED"
		}
		t = append(t, []string{v.Target, fmt.Sprintf("%.2f", v.Got), fmt.Sprint(v.Rounds), word})
	}
	return t.write(w)
}
