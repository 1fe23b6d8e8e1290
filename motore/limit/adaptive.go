package limit

import (
	"math"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// Adaptive finds how many calls may run at once so that they wait little for
// each other: it compares what calls take now with what they take when there
// is no crowd. The zero value has good defaults.
//
// At the end of each window, which has the calls that began and ended in it,
//
//	gradient = min(1, Tolerance × latency without a crowd / latency now)
//	limit    = limit × gradient + √limit
//
// smoothed and within bounds; the root is room to try more. A window in which
// more than one call in ten was lost lowers the limit by a tenth instead, and
// one that used less than half of it leaves it.
//
// Latency without a crowd is the lowest mean of a window so far. It is measured
// again, at half of the limit, when it was not seen for two hundred windows; and
// given up for that of now when the limit was halved and calls are no quicker,
// for then it is not the crowd that makes them slow.
type Adaptive struct {
	Min, Initial int     // bounds from below, and begins with; 4 and 20
	Tolerance    float64 // how much longer than without a crowd is well; 1.5
	Window       time.Duration
}

// A pace is the state of an [Adaptive] limit, guarded by its gate.
type pace struct {
	Adaptive
	max      int
	exact    float64 // the limit, unrounded
	baseline time.Duration
	fell     struct { // since the limit began to fall, or was halved last
		limit float64       // it was then
		mean  time.Duration // was the highest since
	}
	unseen   int  // windows since the baseline was seen
	settling bool // the limit was halved to see it, and calls from before still run

	began       time.Time // of the window
	calls, lost int
	sum         time.Duration
	peak        int // of running calls
}

const (
	minSamples = 10
	smoothing  = 0.3
	quicker    = 0.8  // than before, if the crowd was to blame
	alike      = 1.05 // a mean that confirms the baseline
	confirmIn  = 200  // windows
)

func newPace(a Adaptive, max_ int) *pace {
	if a.Min <= 0 {
		a.Min = 4
	}
	if a.Initial <= 0 {
		a.Initial = 20
	}
	if !(a.Tolerance >= 1) { // or is not a number
		a.Tolerance = 1.5
	}
	if a.Window <= 0 {
		a.Window = 250 * time.Millisecond
	}
	a.Min = min(a.Min, max_)
	return &pace{Adaptive: a, max: max_, began: time.Now()}
}

// first returns the limit to begin with.
func (p *pace) first(most int) int {
	p.exact = float64(min(max(p.Initial, p.Min), most))
	return int(p.exact)
}

// ended takes a call into account that began at start and ended while so many
// were running. It returns the new limit if there is one. A call from before
// the window tells of another limit.
func (p *pace) ended(start, now time.Time, outcome rpc.Outcome, running, limit int) (int, bool) {
	p.peak = max(p.peak, running)
	if start.Before(p.began) {
		return limit, false
	}
	switch outcome {
	case rpc.Answered:
		p.calls++
		p.sum += now.Sub(start)
	case rpc.Lost:
		p.lost++
	}
	if p.calls+p.lost < minSamples || now.Sub(p.began) < p.Window {
		return limit, false
	}
	p.adjust()
	p.began, p.calls, p.lost, p.sum, p.peak = now, 0, 0, 0, 0
	next := int(math.Round(p.exact))
	return next, next != limit
}

func (p *pace) adjust() {
	if p.lost*10 > p.calls {
		p.set(p.exact * 0.9)
		return
	}
	mean := max(p.sum/time.Duration(max(p.calls, 1)), 1)
	if p.settling {
		p.settling, p.baseline = false, 0
		return
	}
	if p.look(mean); p.settling {
		return
	}
	p.doubt(mean)
	gradient := min(1, p.Tolerance*float64(p.baseline)/float64(mean))
	if gradient == 1 {
		p.fell.limit, p.fell.mean = 0, 0
	} else if p.fell.limit == 0 {
		p.fell.limit = p.exact
	}
	target := p.exact*max(gradient, 0.5) + math.Sqrt(p.exact)
	if gradient == 1 && float64(p.peak) < p.exact/2 {
		return // nobody knows what more would do
	}
	p.set(p.exact + smoothing*(target-p.exact))
}

// look compares mean with the baseline, and makes room to measure that again if
// it was not seen for long.
func (p *pace) look(mean time.Duration) {
	if p.baseline == 0 || mean < p.baseline {
		p.baseline = mean
	}
	if p.unseen++; float64(mean) <= alike*float64(p.baseline) {
		p.unseen = 0
	}
	if p.unseen == confirmIn {
		p.unseen, p.settling, p.fell.limit = 0, true, 0
		p.set(p.exact / 2)
	}
}

// doubt gives the baseline up if a smaller crowd has not made calls quicker.
func (p *pace) doubt(mean time.Duration) {
	if p.fell.mean = max(p.fell.mean, mean); p.fell.limit == 0 || p.exact > p.fell.limit/2 {
		return
	}
	if float64(mean) > quicker*float64(p.fell.mean) {
		p.baseline = mean
	}
	p.fell.limit, p.fell.mean = p.exact, mean
}

func (p *pace) set(limit float64) {
	p.exact = min(max(limit, float64(p.Min)), float64(p.max))
}
