package report_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/integration/bench/report"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   float64
	}{
		{"of one value is the value", []float64{3}, 3},
		{"of three is the middle one", []float64{9, 1, 4}, 4},
		{"of four is the mean of the middle two", []float64{1, 9, 2, 4}, 3},
		{"of none is not a number", nil, math.NaN()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := report.Median(test.values); !same(got, test.want) {
				t.Errorf("Median(%v) = %v, want %v", test.values, got, test.want)
			}
		})
	}
}

func TestMedianLeavesItsArgumentAlone(t *testing.T) {
	values := []float64{3, 1, 2}
	report.Median(values)
	if values[0] != 3 {
		t.Errorf("values are now %v, want them in their order", values)
	}
}

func TestGeometricMean(t *testing.T) {
	if got := report.GeometricMean([]float64{1, 4, 16}); math.Abs(got-4) > 1e-12 {
		t.Errorf("got %v, want 4", got)
	}
	if got := report.GeometricMean(nil); !math.IsNaN(got) {
		t.Errorf("of nothing: got %v, want NaN", got)
	}
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// rounds returns a sample for each number of requests per second; 0 is a round
// that failed.
func rounds(config report.Config, peer string, perSecond ...float64) (samples []report.Sample) {
	for i, v := range perSecond {
		if v > 0 {
			samples = append(samples, report.Sample{
				Config: config, Peer: peer, Round: i + 1,
				PerSecond: v, ServerCPU: 1e6 / v, P99: 100, ServerAllocs: 5, ClientAllocs: 7,
			})
		}
	}
	return samples
}

func TestPaired(t *testing.T) {
	config := report.Config{}
	tests := []struct {
		name string
		a, b []float64
		want report.Ratio
	}{
		{
			"the machine slows down and the ratio does not",
			[]float64{200, 100, 20}, []float64{100, 50, 10},
			report.Ratio{Median: 2, Min: 2, Max: 2, Rounds: 3},
		},
		{
			"the median is of ratios, not the ratio of medians",
			[]float64{100, 100, 300}, []float64{100, 200, 100},
			report.Ratio{Median: 1, Min: 0.5, Max: 3, Rounds: 3},
		},
		{
			"a round that one of them lacks does not count",
			[]float64{100, 0, 300}, []float64{100, 50, 0},
			report.Ratio{Median: 1, Min: 1, Max: 1, Rounds: 1},
		},
		{
			"without common rounds there is no ratio",
			[]float64{100, 0}, []float64{0, 100},
			report.Ratio{Median: math.NaN(), Min: math.NaN(), Max: math.NaN()},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := report.Paired(report.PerSecond, rounds(config, "a", test.a...), rounds(config, "b", test.b...))
			if !same(got.Median, test.want.Median) || !same(got.Min, test.want.Min) || !same(got.Max, test.want.Max) || got.Rounds != test.want.Rounds {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestRowsCompareWithTheBase(t *testing.T) {
	ten := report.Config{Scenario: "s", Callers: 10}
	one := report.Config{Scenario: "s", Callers: 1}
	var samples []report.Sample
	samples = append(samples, rounds(ten, "first", 100)...)
	samples = append(samples, rounds(ten, "second", 300)...)
	samples = append(samples, rounds(one, "first", 50)...)
	tests := []struct {
		name, base string
		want       string // peer: speed vs base
	}{
		{"which is the first peer by default", "", "first 1.00 first, second 3.00 first, first 1.00 first"},
		{"or the one asked for, where it was measured", "second", "first 0.33 second, second 1.00 second, first 1.00 first"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, r := range report.Rows(samples, test.base) {
				got = append(got, strings.Join([]string{r.Peer, format(r.Speed.Median), r.Base}, " "))
			}
			if got := strings.Join(got, ", "); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func format(v float64) string {
	b, _ := json.Marshal(math.Round(v*100) / 100)
	s := string(b)
	if !strings.Contains(s, ".") {
		s += "."
	}
	return (s + "00")[:strings.Index(s, ".")+3]
}

func TestWriteCalls(t *testing.T) {
	config := report.Config{Scenario: "thrift-pingpong", Callers: 100, Size: 1024, Pinned: true}
	samples := append(rounds(config, "kitex", 100_000, 110_000), rounds(config, "volo", 150_000, 165_000)...)
	var b strings.Builder
	if err := report.WriteCalls(&b, report.Rows(samples, "")); err != nil {
		t.Fatal(err)
	}
	want := `thrift-pingpong, 100 callers, messages of 1024 B, one core a side, medians of 2 rounds, × = median of paired ratios to kitex
  peer   × req/s  × server µs   req/s  p50 µs  p99 µs  p99.9 µs  server µs  client µs  server allocs  server B  client allocs  client B  server MiB  errors
  kitex     1.00         1.00  105000     0.0   100.0         0       9.55       0.00            5.0         0            7.0         0           0       0
  volo      1.50         0.67  157500     0.0   100.0         0       6.36       0.00            5.0         0            7.0         0           0       0

`
	if got := b.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func timing(operation, shape, name string, ns, allocs float64) report.CodecSample {
	return report.CodecSample{
		Timing:   codec.Timing{Operation: operation, Shape: shape, WireBytes: 1000, NS: ns, Allocs: allocs},
		Scenario: "thrift-codec",
		Codec:    name,
		Round:    1,
	}
}

func TestWriteCodecs(t *testing.T) {
	table := report.Codecs([]report.CodecSample{
		timing("encode", "small", "apache", 100, 0), timing("decode", "small", "apache", 400, 4),
		timing("encode", "ints", "apache", 900, 0), timing("decode", "ints", "apache", 1000, 2),
		timing("encode", "small", "volo", 25, 0), timing("decode", "small", "volo", 100, 2),
		timing("encode", "ints", "volo", 100, 0), timing("decode", "ints", "volo", 100, 2),
	})
	var b strings.Builder
	if err := report.WriteCodecs(&b, table); err != nil {
		t.Fatal(err)
	}
	want := `thrift-codec, encode, × = speed as a multiple of apache's
  shape   codec     ×     ns   MB/s  B/op  allocs/op
  small  apache  1.00  100.0  10000     0        0.0
  small    volo  4.00   25.0  40000     0        0.0
  ints   apache  1.00  900.0   1111     0        0.0
  ints     volo  9.00  100.0  10000     0        0.0

thrift-codec, decode, × = speed as a multiple of apache's
  shape   codec      ×      ns   MB/s  B/op  allocs/op
  small  apache   1.00   400.0   2500     0        4.0
  small    volo   4.00   100.0  10000     0        2.0
  ints   apache   1.00  1000.0   1000     0        2.0
  ints     volo  10.00   100.0  10000     0        2.0

thrift-codec, encode, speed of the row as a multiple of the column's, geometric means (integer lists)
               apache         volo
  apache  1.00 (1.00)  0.17 (0.11)
  volo    6.00 (9.00)  1.00 (1.00)

thrift-codec, decode, speed of the row as a multiple of the column's, geometric means (integer lists)
                apache         volo
  apache   1.00 (1.00)  0.16 (0.10)
  volo    6.32 (10.00)  1.00 (1.00)

`
	if got := b.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestCodecsAreComparedInsideRounds(t *testing.T) {
	slower := timing("encode", "small", "volo", 100, 0)
	slower.Round = 2
	base := timing("encode", "small", "apache", 400, 0)
	base.Round = 2
	lonely := timing("encode", "small", "volo", 1, 0)
	lonely.Round = 3
	table := report.Codecs([]report.CodecSample{
		timing("encode", "small", "volo", 50, 0), timing("encode", "small", "apache", 100, 0), // 2×
		slower, base, // 4×
		lonely,
	})
	if got := table.Speed("encode", "volo", "apache", report.Any); got < 2.999 || got > 3.001 {
		t.Errorf("speed %v, want 3, the median of 2 and 4", got)
	}
	if got := table.Speed("decode", "volo", "apache", report.Any); !math.IsNaN(got) {
		t.Errorf("speed %v of what was not measured, want NaN", got)
	}
}

func TestVerdicts(t *testing.T) {
	at := func(callers int) report.Config {
		return report.Config{Scenario: "thrift-pingpong", Callers: callers, Size: 1024, Pinned: true}
	}
	of := func(scenario string, samples ...report.CodecSample) []report.CodecSample {
		for i := range samples {
			samples[i].Scenario = scenario
		}
		return samples
	}
	tests := []struct {
		name    string
		samples []report.Sample
		timings []report.CodecSample
		want    string
	}{
		{
			name: "nothing measured, nothing judged",
			want: "",
		},
		{
			name:    "another scenario's numbers meet no target",
			samples: rounds(report.Config{Scenario: "other", Callers: 100}, "volo-pingpong", 1),
			want:    "",
		},
		{
			name: "what a target compares with was not measured",
			samples: append(
				rounds(at(1000), "volo-pingpong", 200),
				rounds(at(1000), "apache-framed", 100)...),
			want: "thrift-pingpong, 1000 callers: req/s of volo-pingpong ≥ 1.4× apache-framed 2.00 true",
		},
		{
			name: "exactly the limit is enough, for multiples and for absolute numbers",
			samples: append(
				rounds(at(100), "volo-pingpong", 120),
				rounds(at(100), "kitex-pingpong", 100)...),
			want: "thrift-pingpong, 100 callers: req/s of volo-pingpong ≥ 1.2× kitex-pingpong 1.20 true\n" +
				"thrift-pingpong, 100 callers: server allocs of volo-pingpong ≤ 6 5.00 true\n" +
				"thrift-pingpong, 100 callers: client allocs of volo-pingpong ≤ 6 7.00 false",
		},
		{
			name: "codecs are judged by geometric means, their allocations by shape",
			timings: []report.CodecSample{
				timing("encode", "medium", "volo", 100, 0), timing("decode", "medium", "volo", 100, 26),
				timing("encode", "medium", "kitex-fastcodec", 96, 0), timing("decode", "medium", "kitex-fastcodec", 170, 100),
			},
			want: "thrift-codec: encode medium level with FastCodec 0.96 false\n" +
				"thrift-codec: decode ≥ 1.6× FastCodec, mean of 1 shape 1.70 true\n" +
				"thrift-codec: decode medium: allocations ≤ 0.25× FastCodec 0.26 false",
		},
		{
			name: "codecs are compared inside their scenario, shapes of the same name or not",
			timings: append(
				of("thrift-codec", timing("encode", "small", "volo", 10, 0), timing("encode", "small", "apache", 50, 0)),
				of("proto-codec", timing("encode", "small", "volo-proto", 10, 0), timing("encode", "small", "protobuf-go", 30, 0),
					timing("encode", "small", "vtprotobuf", 10, 0), timing("decode", "large", "volo-proto", 100, 6),
					timing("decode", "large", "vtprotobuf", 150, 10))...),
			want: "thrift-codec: encode ≥ 4× apache, mean of 1 shape 5.00 true\n" +
				"proto-codec: encode ≥ 4× protobuf-go, mean of 2 shapes 3.00 false\n" +
				"proto-codec: encode small level with vtprotobuf 1.00 true\n" +
				"proto-codec: decode ≥ 1.4× vtprotobuf, mean of 2 shapes 1.50 true\n" +
				"proto-codec: decode large: allocations ≤ 0.5× vtprotobuf 0.60 false",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, v := range report.Verdicts(test.samples, report.Codecs(test.timings)) {
				word := "false"
				if v.Met {
					word = "true"
				}
				got = append(got, v.Target+" "+format(v.Got)+" "+word)
			}
			if got := strings.Join(got, "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestDocumentIsJSONEvenWithoutRatios(t *testing.T) {
	config := report.Config{Scenario: "s"}
	samples := append(rounds(config, "a", 100, 0), rounds(config, "b", 0, 100)...)
	file := filepath.Join(t.TempDir(), "bench.json")
	if err := (report.Document{Rows: report.Rows(samples, ""), Samples: samples}).Write(file); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got report.Document
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Samples) != 2 || len(got.Rows) != 2 || got.Rows[0].Speed.Rounds != 1 || got.Rows[1].Speed.Rounds != 0 {
		t.Errorf("got back %+v, want two samples and rows with 1 and 0 common rounds", got)
	}
}
