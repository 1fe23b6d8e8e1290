package load_test

import (
	"math"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/bench/load"
)

func TestQuantile(t *testing.T) {
	upTo := func(n int) (ds []time.Duration) {
		for i := 1; i <= n; i++ {
			ds = append(ds, time.Duration(i))
		}
		return ds
	}
	tests := []struct {
		name     string
		recorded []time.Duration
		q        float64
		want     time.Duration
	}{
		{"an empty histogram has no quantiles", nil, 0.5, 0},
		{"one value is every quantile", []time.Duration{7}, 0.999, 7},
		{"the median of 1 to 50 is 25", upTo(50), 0.5, 25},
		{"the 99th percentile of 1 to 50 is the last", upTo(50), 0.99, 50},
		{"the quantile 0 is the smallest value", upTo(50), 0, 1},
		{"the quantile 1 is the largest value", upTo(50), 1, 50},
		{"a negative duration counts as 0", []time.Duration{-5}, 0.5, 0},
		{"a value is rounded up to the end of its bucket", []time.Duration{128}, 0.5, 129},
		{"hours share the last bucket", []time.Duration{100 * time.Hour}, 0.5, 1<<42 - 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var h load.Histogram
			for _, d := range test.recorded {
				h.Record(d)
			}
			if got := h.Quantile(test.q); got != test.want {
				t.Errorf("Quantile(%v) = %d, want %d", test.q, got, test.want)
			}
		})
	}
}

// A bucket may be as wide as 1/64 of its values and no wider.
func TestBucketsAreNarrow(t *testing.T) {
	for v := 1.0; v < float64(time.Hour); v *= 1.0137 {
		d := time.Duration(v)
		var h load.Histogram
		h.Record(d)
		got := h.Quantile(0.5)
		if got < d || float64(got-d) > math.Ceil(float64(d)/64) {
			t.Fatalf("%d was recorded and %d came back, want at most 1/64 more", d, got)
		}
	}
}

func TestMergeAddsCounts(t *testing.T) {
	var a, b load.Histogram
	a.Record(10)
	b.Record(20)
	b.Record(30)
	a.Merge(&b)
	if got, want := a.Count(), uint64(3); got != want {
		t.Errorf("count = %d, want %d", got, want)
	}
	if got, want := a.Quantile(0.5), time.Duration(20); got != want {
		t.Errorf("median = %d, want %d", got, want)
	}
	if got, want := b.Count(), uint64(2); got != want {
		t.Errorf("count of the merged one = %d, want %d as before", got, want)
	}
}
