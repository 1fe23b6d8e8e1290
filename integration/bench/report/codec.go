package report

import (
	"fmt"
	"io"
	"slices"

	"github.com/volo-go/volo/integration/bench/codec"
)

// A CodecSample is what one round of one codec measured of one operation on
// one shape.
type CodecSample struct {
	codec.Timing
	Scenario string `json:"scenario"`
	Codec    string `json:"codec"`
	Round    int    `json:"round"`
}

// A CodecRow sums up the rounds of one codec, operation and shape.
type CodecRow struct {
	Scenario  string  `json:"scenario"`
	Operation string  `json:"operation"`
	Shape     string  `json:"shape"`
	Codec     string  `json:"codec"`
	Rounds    int     `json:"rounds"`
	WireBytes int     `json:"wire_bytes"`
	NS        float64 `json:"ns"`
	MBPerSec  float64 `json:"mb_per_second"`
	Bytes     float64 `json:"bytes"`
	Allocs    float64 `json:"allocs"`

	inRound map[int]float64 // ns by round
}

// A CodecTable is the summary of a codec benchmark. What compares its rows
// takes those of one scenario.
type CodecTable []CodecRow

// Of returns the rows of one scenario.
func (t CodecTable) Of(scenario string) CodecTable {
	var rows CodecTable
	for _, r := range t {
		if r.Scenario == scenario {
			rows = append(rows, r)
		}
	}
	return rows
}

// Codecs sums up samples: encode before decode, then by shape and codec in the
// order of their first samples.
func Codecs(samples []CodecSample) CodecTable {
	type key struct{ scenario, operation, shape, codec string }
	var keys []key
	groups := make(map[key][]CodecSample)
	for _, s := range samples {
		k := key{s.Scenario, s.Operation, s.Shape, s.Codec}
		if groups[k] == nil {
			keys = append(keys, k)
		}
		groups[k] = append(groups[k], s)
	}
	var rows CodecTable
	for _, k := range keys {
		rows = append(rows, codecRow(groups[k]))
	}
	var operations, shapes []string
	for _, r := range rows {
		operations = appendNew(operations, r.Operation)
		shapes = appendNew(shapes, r.Shape)
	}
	slices.SortStableFunc(rows, func(a, b CodecRow) int {
		if d := slices.Index(operations, a.Operation) - slices.Index(operations, b.Operation); d != 0 {
			return d
		}
		return slices.Index(shapes, a.Shape) - slices.Index(shapes, b.Shape)
	})
	return rows
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func codecRow(samples []CodecSample) CodecRow {
	var ns, bytes, allocs []float64
	inRound := make(map[int]float64)
	for _, s := range samples {
		ns, bytes, allocs = append(ns, s.NS), append(bytes, s.Bytes), append(allocs, s.Allocs)
		inRound[s.Round] = s.NS
	}
	first := samples[0]
	r := CodecRow{
		Scenario:  first.Scenario,
		Operation: first.Operation,
		Shape:     first.Shape,
		Codec:     first.Codec,
		Rounds:    len(samples),
		WireBytes: first.WireBytes,
		NS:        Median(ns),
		Bytes:     Median(bytes),
		Allocs:    Median(allocs),
		inRound:   inRound,
	}
	r.MBPerSec = float64(r.WireBytes) / r.NS * 1000
	return r
}

// Speed returns by which factor codec a is faster than b at operation: the
// geometric mean over the shapes that both were measured on and match accepts,
// of the medians of the factors in the rounds that both have. It is NaN if
// there is no such shape.
func (t CodecTable) Speed(operation, a, b string, match func(shape string) bool) float64 {
	var ratios []float64
	for _, r := range t {
		if r.Operation != operation || r.Codec != a || !match(r.Shape) {
			continue
		}
		if base, ok := t.find(operation, r.Shape, b); ok {
			if speed := r.speed(base); speed > 0 {
				ratios = append(ratios, speed)
			}
		}
	}
	return GeometricMean(ratios)
}

// speed is the median of the factors by which r is faster than base in the
// rounds that both have, NaN without such a round.
func (r CodecRow) speed(base CodecRow) float64 {
	var factors []float64
	for round, ns := range r.inRound {
		if baseNS, ok := base.inRound[round]; ok {
			factors = append(factors, baseNS/ns)
		}
	}
	return Median(factors)
}

func (t CodecTable) find(operation, shape, codec string) (CodecRow, bool) {
	i := slices.IndexFunc(t, func(r CodecRow) bool {
		return r.Operation == operation && r.Shape == shape && r.Codec == codec
	})
	if i < 0 {
		return CodecRow{}, false
	}
	return t[i], true
}

// shapes counts the shapes that were measured.
func (t CodecTable) shapes() int {
	var shapes []string
	for _, r := range t {
		shapes = appendNew(shapes, r.Shape)
	}
	return len(shapes)
}

// Any accepts every shape.
func Any(string) bool { return true }

// WriteCodecs writes, for the rows of one scenario, a table for every operation, and then by which factor, as
// geometric means, every codec is faster than every other.
func WriteCodecs(w io.Writer, t CodecTable) error {
	var operations, codecs []string
	for _, r := range t {
		operations = appendNew(operations, r.Operation)
		codecs = appendNew(codecs, r.Codec)
	}
	for _, operation := range operations {
		if err := t.writeOperation(w, operation, codecs[0]); err != nil {
			return err
		}
	}
	for _, operation := range operations {
		if err := t.writeMeans(w, operation, codecs); err != nil {
			return err
		}
	}
	return nil
}

func (t CodecTable) writeOperation(w io.Writer, operation, base string) error {
	if _, err := fmt.Fprintf(w, "%s, %s, × = speed as a multiple of %s's\n", t[0].Scenario, operation, base); err != nil {
		return err
	}
	lines := table{{"shape", "codec", "×", "ns", "MB/s", "B/op", "allocs/op"}}
	for _, r := range t {
		if r.Operation != operation {
			continue
		}
		of := func(shape string) bool { return shape == r.Shape }
		lines = append(lines, []string{
			r.Shape, r.Codec, times(t.Speed(operation, r.Codec, base, of)),
			fmt.Sprintf("%.1f", r.NS), fmt.Sprintf("%.0f", r.MBPerSec),
			fmt.Sprintf("%.0f", r.Bytes), fmt.Sprintf("%.1f", r.Allocs),
		})
	}
	return lines.write(w)
}

func (t CodecTable) writeMeans(w io.Writer, operation string, codecs []string) error {
	if _, err := fmt.Fprintf(w, "%s, %s, speed of the row as a multiple of the column's, geometric means (integer lists)\n", t[0].Scenario, operation); err != nil {
		return err
	}
	lines := table{append([]string{""}, codecs...)}
	for _, a := range codecs {
		line := []string{a}
		for _, b := range codecs {
			all, ints := t.Speed(operation, a, b, Any), t.Speed(operation, a, b, codec.IsIntegerList)
			line = append(line, times(all)+" ("+times(ints)+")")
		}
		lines = append(lines, line)
	}
	return lines.write(w)
}
