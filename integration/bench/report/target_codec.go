package report

import (
	"fmt"

	"github.com/volo-go/volo/integration/bench/codec"
)

// level is what counts as not slower.
const level = 0.97

func codecVerdicts(t CodecTable) []Verdict {
	return append(thriftVerdicts(t.Of("thrift-codec")), protoVerdicts(t.Of("proto-codec"))...)
}

// A codecJudge collects the verdicts on the rows of one scenario.
type codecJudge struct {
	table    CodecTable
	verdicts []Verdict
}

func (j *codecJudge) add(sentence string, b bound, got float64) {
	if len(j.table) > 0 {
		j.verdicts = appendVerdict(j.verdicts, j.table[0].Scenario+": "+sentence, b, Ratio{Median: got, Rounds: j.table[0].Rounds})
	}
}

// allocations judges those of decoding a shape, as a multiple of another
// codec's.
func (j *codecJudge) allocations(shape, ours, theirs, name string, limit float64) {
	a, _ := j.table.find("decode", shape, ours)
	b, ok := j.table.find("decode", shape, theirs)
	if ok && a.Allocs > 0 {
		j.add(fmt.Sprintf("decode %s: allocations ≤ %g× %s", shape, limit, name), atMost(limit), a.Allocs/b.Allocs)
	}
}

func protoVerdicts(t CodecTable) []Verdict {
	const ours, google, vt = "volo-proto", "protobuf-go", "vtprotobuf"
	j := &codecJudge{table: t}
	mean := ", mean of " + count(t.shapes(), "shape")
	j.add("encode ≥ 4× protobuf-go"+mean, atLeast(4), t.Speed("encode", ours, google, Any))
	for _, shape := range codec.ProtoShapes() {
		of := func(name string) bool { return name == shape.Name }
		j.add("encode "+shape.Name+" level with vtprotobuf", atLeast(level), t.Speed("encode", ours, vt, of))
	}
	j.add("decode ≥ 2.2× protobuf-go"+mean, atLeast(2.2), t.Speed("decode", ours, google, Any))
	j.add("decode ≥ 1.4× vtprotobuf"+mean, atLeast(1.4), t.Speed("decode", ours, vt, Any))
	for _, shape := range []string{"medium", "large"} {
		j.allocations(shape, ours, vt, "vtprotobuf", 0.5)
	}
	return j.verdicts
}

func thriftVerdicts(t CodecTable) []Verdict {
	const ours, apache, kitex = "volo", "apache", "kitex-fastcodec"
	j := &codecJudge{table: t}
	mean := ", mean of " + count(t.shapes(), "shape")
	j.add("encode ≥ 4× apache"+mean, atLeast(4), t.Speed("encode", ours, apache, Any))
	j.add("encode integer lists ≥ 1.25× FastCodec", atLeast(1.25), t.Speed("encode", ours, kitex, codec.IsIntegerList))
	for _, shape := range codec.Shapes() {
		of := func(name string) bool { return name == shape.Name }
		j.add("encode "+shape.Name+" level with FastCodec", atLeast(level), t.Speed("encode", ours, kitex, of))
	}
	j.add("decode ≥ 3.5× apache"+mean, atLeast(3.5), t.Speed("decode", ours, apache, Any))
	j.add("decode ≥ 1.6× FastCodec"+mean, atLeast(1.6), t.Speed("decode", ours, kitex, Any))
	for _, shape := range []string{"medium", "large"} {
		j.allocations(shape, ours, kitex, "FastCodec", 0.25)
	}
	return j.verdicts
}
