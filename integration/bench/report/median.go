package report

import (
	"math"
	"slices"
)

// Median returns the middle of values, the mean of the two middle ones if
// their number is even, NaN of none. It does not change values.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// GeometricMean returns the geometric mean of values, which must be positive;
// NaN of none.
func GeometricMean(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sum := 0.0
	for _, v := range values {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(values)))
}

// A Ratio compares two peers, round by round.
type Ratio struct {
	Median float64 `json:"median"`
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Rounds int     `json:"rounds"` // in which both peers were measured
}

// Paired returns what m of a is, as a multiple of m of b, in the rounds that
// both have. Without such rounds the ratio is NaN of 0 rounds.
func Paired(m Metric, a, b []Sample) Ratio {
	inRound := make(map[int]float64)
	for _, s := range b {
		inRound[s.Round] = m.Of(s)
	}
	var ratios []float64
	for _, s := range a {
		if base, ok := inRound[s.Round]; ok {
			ratios = append(ratios, m.Of(s)/base)
		}
	}
	return ratioOf(ratios)
}

func ratioOf(ratios []float64) Ratio {
	r := Ratio{Median: Median(ratios), Min: math.NaN(), Max: math.NaN(), Rounds: len(ratios)}
	if len(ratios) > 0 {
		r.Min, r.Max = slices.Min(ratios), slices.Max(ratios)
	}
	return r
}
