package limit

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/internal/keyed"
	"github.com/volo-go/volo/motore/rpc"
)

// RateConfig bounds how often calls pass.
type RateConfig struct {
	// PerSecond is how many calls pass each second in the long run. If it is
	// zero or less, the layer does nothing. What is not a number is no rate:
	// hardly a call passes.
	PerSecond float64

	// Burst is how many may pass at once after a pause; zero stands for those
	// of a tenth of a second, at least one.
	Burst int

	// MaxWait is how long a call may wait for its turn, within its deadline;
	// a call that would have to wait for longer is refused at once. The
	// default is not to wait.
	MaxWait time.Duration

	// Key says which calls share a rate; nil stands for [Together].
	Key func(info *rpc.Info) Key
}

// A bucket of tokens is kept as the instant at which it will be full again
// (the generic cell rate algorithm), in nanoseconds since the layer was made.
type bucket struct{ full atomic.Int64 }

// A meter is what all buckets of a layer have in common.
type meter struct {
	start time.Time
	each  int64 // between two calls at full rate
	burst int64 // of tokens, as time
}

func (m *meter) now() int64 { return int64(time.Since(m.start)) }

// take takes a token that is there within patience. It returns how long until
// then, and false if that is too long.
func (m *meter) take(b *bucket, patience time.Duration) (wait time.Duration, ok bool) {
	for {
		before, now := b.full.Load(), m.now()
		full := max(before, now) + m.each
		wait = time.Duration(max(full-m.burst-now, 0))
		if wait > patience {
			return wait, false
		}
		if b.full.CompareAndSwap(before, full) {
			return wait, true
		}
	}
}

// NewRate returns a layer that lets so many calls a second pass: a token
// bucket for each key.
//
// refuse, if not nil, makes the error of a call that is refused, out of the
// layer's own.
func NewRate[Req, Resp any](c RateConfig, refuse func(req Req, e *Error) error) motore.Layer[Req, Resp] {
	if c.PerSecond <= 0 {
		return motore.Identity[Req, Resp]
	}
	rate := c.PerSecond
	if math.IsNaN(rate) {
		rate = math.SmallestNonzeroFloat64
	}
	if c.Burst <= 0 {
		c.Burst = max(int(rate/10), 1)
	}
	if c.Key == nil {
		c.Key = Together
	}
	each := max(int64(min(float64(time.Second)/rate, math.MaxInt64/4)), 1)
	m := &meter{start: time.Now(), each: each, burst: int64(min(float64(each)*float64(c.Burst), math.MaxInt64/4))}
	var buckets keyed.Map[Key, bucket]
	terms := &keyed.Terms[Key, bucket]{
		Max:  MaxKeys,
		New:  func(Key) *bucket { return new(bucket) },
		Idle: func(b *bucket) bool { return b.full.Load() <= m.now() },
	}
	others := new(bucket)
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (Resp, error) {
			info := factsOf(ctx)
			key := c.Key(info)
			b := buckets.Find(key, terms)
			if b == nil {
				b = others
			}
			patience := c.MaxWait
			if patience > 0 {
				if end := deadlineOf(ctx, info); !end.IsZero() {
					patience = min(patience, time.Until(end))
				}
			}
			wait, ok := m.take(b, max(patience, 0))
			var err error
			if ok && wait > 0 {
				err = sleep(ctx, wait)
			}
			if !ok || err != nil {
				e := &Error{Kind: Rate, Key: key, Err: err,
					Facts: fmt.Sprintf("more than %v calls a second (see PerSecond)", c.PerSecond)}
				if !ok {
					e.After = wait
				}
				var none Resp
				return none, refusal(req, refuse, e)
			}
			return next.Call(ctx, req)
		})
	}
}

// sleep waits for d. It fails if ctx is done before.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
