package child

import (
	"time"

	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/integration/bench/load"
)

// An Order is what a parent tells a child.
type Order struct {
	Do string `json:"do"`

	// For is how long to run: all callers, or one codec operation.
	For time.Duration `json:"for_ns,omitempty"`

	// File is where a CPU profile goes.
	File string `json:"file,omitempty"`

	// Shapes is a regular expression of the shapes to measure.
	Shapes string `json:"shapes,omitempty"`
}

// What a child can do.
const (
	Run          = "run"           // load, codec: run For that long
	Usage        = "usage"         // serve, load: report what was used so far
	StartProfile = "start-profile" // all: write a CPU profile to File
	StopProfile  = "stop-profile"  // all: finish it
)

// A Report is a child's answer to an order, or its first words.
type Report struct {
	// Error, if not empty, is why the order was not carried out.
	Error string `json:"error,omitempty"`

	Addr    string         `json:"addr,omitempty"` // of a server, in its first report
	Result  *load.Result   `json:"result,omitempty"`
	Usage   *load.Usage    `json:"usage,omitempty"` // so far, or of the run that Result is of
	Timings []codec.Timing `json:"timings,omitempty"`
}
