package report

import (
	"encoding/json"
	"math"
	"os"
	"time"
)

// A Document is all that is known of one run of the benchmark.
type Document struct {
	Environment Environment   `json:"environment"`
	Arguments   []string      `json:"arguments"` // of the command line
	Warmup      time.Duration `json:"warmup_ns"`
	Duration    time.Duration `json:"duration_ns"`
	Skipped     []string      `json:"skipped,omitempty"` // peers, each with the reason
	Failures    []string      `json:"failures,omitempty"`
	Rows        []Row         `json:"rows,omitempty"`
	Codecs      CodecTable    `json:"codecs,omitempty"`
	Verdicts    []Verdict     `json:"targets,omitempty"`

	Samples      []Sample      `json:"samples,omitempty"`
	CodecSamples []CodecSample `json:"codec_samples,omitempty"`
}

// Write writes d to a file as JSON.
func (d Document) Write(file string) error {
	b, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// MarshalJSON leaves out the numbers of a ratio that has none: JSON knows no
// NaN.
func (r Ratio) MarshalJSON() ([]byte, error) {
	type plain Ratio
	if math.IsNaN(r.Median) || math.IsInf(r.Median, 0) || math.IsInf(r.Max, 0) || math.IsNaN(r.Max) {
		return json.Marshal(map[string]int{"rounds": r.Rounds})
	}
	return json.Marshal(plain(r))
}
