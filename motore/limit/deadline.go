package limit

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/internal/keyed"
	"github.com/volo-go/volo/motore/internal/latency"
	"github.com/volo-go/volo/motore/rpc"
)

// DeadlineConfig refuses calls that cannot be answered in time. The zero value
// has good defaults.
type DeadlineConfig struct {
	// Quantile is the part of calls that are quick enough to be taken as the
	// measure: a call is refused if it has less time left than these took.
	// Zero stands for 0.5: what is refused would rather have failed.
	Quantile float64

	// Window is the time over which calls are watched, 10 s by default, and
	// MinCalls how many of them it takes to tell, by default 20.
	Window   time.Duration
	MinCalls int

	// Key says which calls take alike; nil stands for [ByMethod].
	Key func(info *rpc.Info) Key
}

// One of so many calls that should be refused passes, so that a time when
// calls were slow is noticed to be over.
const scoutEvery = 16

// A watch is kept for each key.
type watch struct {
	took    *latency.Quantile
	refused atomic.Int64
}

// NewDeadline returns a layer that refuses calls whose remaining time is less
// than what calls like it have taken lately. Calls without a deadline pass.
//
// refuse, if not nil, makes the error of a call that is refused, out of the
// layer's own.
func NewDeadline[Req, Resp any](c DeadlineConfig, refuse func(req Req, e *Error) error) motore.Layer[Req, Resp] {
	if !(c.Quantile > 0 && c.Quantile < 1) { // or is not a number
		c.Quantile = 0.5
	}
	if c.Window <= 0 {
		c.Window = 10 * time.Second
	}
	if c.MinCalls <= 0 {
		c.MinCalls = 20
	}
	if c.Key == nil {
		c.Key = ByMethod
	}
	var watches keyed.Map[Key, watch]
	terms := &keyed.Terms[Key, watch]{
		Max: MaxKeys,
		New: func(Key) *watch { return &watch{took: latency.New(c.Quantile, c.Window)} },
		Idle: func(w *watch) bool {
			_, n := w.took.Value()
			return n == 0
		},
	}
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			info := factsOf(ctx)
			key := c.Key(info)
			w := watches.Find(key, terms)
			if w == nil {
				return next.Call(ctx, req)
			}
			start := time.Now()
			if end := deadlineOf(ctx, info); !end.IsZero() {
				if e := w.judge(&c, end.Sub(start)); e != nil {
					e.Key = key
					var none Resp
					return none, refusal(req, refuse, e)
				}
			}
			resp, err := next.Call(ctx, req)
			// Others tell how long it takes to fail.
			if o := rpc.OutcomeOf(err); o == rpc.Answered || o == rpc.Lost {
				w.took.Add(time.Since(start))
			}
			return resp, err
		})
	}
}

// judge returns nil if a call with so much time left may pass.
func (w *watch) judge(c *DeadlineConfig, left time.Duration) *Error {
	if left <= 0 {
		return &Error{Kind: Deadline, Facts: "no time is left"}
	}
	took, n := w.took.Value()
	if n < c.MinCalls || left >= took || w.refused.Add(1)%scoutEvery == 0 {
		return nil
	}
	return &Error{Kind: Deadline,
		Facts: fmt.Sprintf("%v are left, and only %v of calls take less than %v (see Quantile)", left, c.Quantile, took)}
}
