package report

import (
	"fmt"
	"io"
	"math"

	"github.com/volo-go/volo/integration/bench/codec"
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

// level is what counts as not slower.
const level = 0.97

func codecVerdicts(t CodecTable) []Verdict {
	const ours, apache, kitex = "volo", "apache", "kitex-fastcodec"
	if len(t) == 0 {
		return nil
	}
	var verdicts []Verdict
	add := func(sentence string, b bound, got float64) {
		verdicts = appendVerdict(verdicts, "thrift-codec: "+sentence, b, Ratio{Median: got, Rounds: t[0].Rounds})
	}
	mean := ", mean of " + count(t.shapes(), "shape")
	add("encode ≥ 4× apache"+mean, atLeast(4), t.Speed("encode", ours, apache, Any))
	add("encode integer lists ≥ 1.25× FastCodec", atLeast(1.25), t.Speed("encode", ours, kitex, codec.IsIntegerList))
	for _, shape := range codec.Shapes() {
		of := func(name string) bool { return name == shape.Name }
		add("encode "+shape.Name+" level with FastCodec", atLeast(level), t.Speed("encode", ours, kitex, of))
	}
	add("decode ≥ 3.5× apache"+mean, atLeast(3.5), t.Speed("decode", ours, apache, Any))
	add("decode ≥ 1.6× FastCodec"+mean, atLeast(1.6), t.Speed("decode", ours, kitex, Any))
	for _, shape := range []string{"medium", "large"} {
		a, _ := t.find("decode", shape, ours)
		b, ok := t.find("decode", shape, kitex)
		if ok && a.Allocs > 0 {
			add("decode "+shape+": allocations ≤ 0.25× FastCodec", atMost(0.25), a.Allocs/b.Allocs)
		}
	}
	return verdicts
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
