package hedge

import (
	"time"

	"github.com/volo-go/volo/motore/internal/keyed"
	"github.com/volo-go/volo/motore/internal/latency"
	"github.com/volo-go/volo/motore/rpc"
)

// A method tells apart whose latencies are alike.
type method struct{ service, method string }

// A watch says how long to wait before a call is hedged.
type watch struct {
	config Config
	taken  keyed.Map[method, latency.Quantile]
	terms  keyed.Terms[method, latency.Quantile]
}

func newWatch(c Config) *watch {
	return &watch{config: c, terms: keyed.Terms[method, latency.Quantile]{
		Max: 4096,
		New: func(method) *latency.Quantile { return latency.New(c.Percentile, window) },
		Idle: func(q *latency.Quantile) bool {
			_, n := q.Value()
			return n == 0
		},
	}}
}

// delay returns how long to wait, nothing for never, and where to note what
// the attempts have taken, nil for nowhere.
func (w *watch) delay(info *rpc.Info) (time.Duration, *latency.Quantile) {
	if w.config.Percentile <= 0 {
		return w.config.Delay, nil
	}
	q := w.taken.Find(method{info.Service, info.Method}, &w.terms)
	if q == nil {
		return w.config.Delay, nil
	}
	d, n := q.Value()
	if n < minCalls {
		return w.config.Delay, q
	}
	return max(d, w.config.Delay), q
}

// note adds what an attempt has taken. One that was cancelled has taken at
// least so long, which must not be held to be all.
func note(q *latency.Quantile, start time.Time, err error) {
	if q != nil && rpc.OutcomeOf(err) == rpc.Answered {
		q.Add(time.Since(start))
	}
}
