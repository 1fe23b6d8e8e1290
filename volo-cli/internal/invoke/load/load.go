// Package load makes a call again and again, many at once, and measures how
// long it takes.
//
// In a closed loop each caller makes its next call when the last one has
// returned: a slow server is asked less, and nobody measures the calls that
// were not made. In an open loop calls are due at a fixed rate, whatever
// becomes of them, and their time counts from when they were due, also if all
// callers were busy then: no omission is coordinated with the server.
//
//	Run ──► warm-up, not counted ──► Duration or Count ──► calls that run finish ──► Result
//
// Durations are kept in a histogram with three significant digits.
package load

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A Config says how much load, and for how long. Call is required, and so is
// one of Duration and Count.
type Config struct {
	// Call makes one call. It may run concurrently.
	Call func(ctx context.Context) error
	// Kind names what an error is counted under. Nil counts them by their text.
	Kind func(err error) string

	Callers int     // calls that run at once, at most; 1 at least
	Rate    float64 // calls that are due a second; 0 for a closed loop

	WarmUp   time.Duration // not counted
	Duration time.Duration // after the warm-up; 0 for no end but Count
	Count    uint64        // of calls after the warm-up; 0 for no end but Duration

	// Progress, if not nil, is told every second how it goes, from one
	// goroutine.
	Progress func(Result)
}

// grace is how long calls that run at the end may take.
const grace = 10 * time.Second

// never is when calls are due that a tiny rate puts off further than a
// [time.Duration] reaches.
const never = math.MaxInt64 / 2 * time.Nanosecond

// Run puts load on until Duration or Count is over, or ctx is done, and returns
// what was measured. Calls that an interrupt cuts off are not counted, those
// that have not ended, or not begun, when grace is over are Unfinished.
func Run(ctx context.Context, c Config) Result {
	if c.Kind == nil {
		c.Kind = error.Error
	}
	c.Callers = max(c.Callers, 1)
	begin := time.Now()
	r := &run{Config: c, begin: begin, measured: begin.Add(c.WarmUp), shards: make([]shard, runtime.GOMAXPROCS(0))}
	if c.Duration > 0 {
		r.end = r.measured.Add(c.Duration)
	}
	r.warm = uint64(math.Ceil(c.WarmUp.Seconds() * c.Rate))
	for i := range r.shards {
		r.shards[i].reset()
	}
	calls, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.Duration > 0 {
		defer time.AfterFunc(time.Until(r.end)+grace, cancel).Stop()
	}
	var callers, watch sync.WaitGroup
	for i := range c.Callers {
		callers.Go(func() { r.caller(calls, &r.shards[i%len(r.shards)]) })
	}
	over := make(chan struct{})
	if c.Progress != nil {
		watch.Go(func() { r.watch(over) })
	}
	callers.Wait()
	close(over)
	watch.Wait()
	out := r.result(r.over(ctx, time.Now()))
	if ctx.Err() == nil && calls.Err() != nil {
		out.Unfinished = r.cut.Load() + r.untouched()
	}
	return out
}

// over returns when the run was over. An open loop lasts until its end, also if
// the last call that was due before that has long ended.
func (r *run) over(ctx context.Context, now time.Time) time.Time {
	cut := ctx.Err() != nil || r.Count > 0 && r.started.Load() >= r.Count
	if r.Rate <= 0 || cut || now.After(r.end) {
		return now
	}
	return r.end
}

// untouched returns how many calls of an open loop were due before the end and
// nobody has taken on.
func (r *run) untouched() uint64 {
	if r.Rate <= 0 {
		return 0
	}
	all := uint64(math.Ceil(r.end.Sub(r.begin).Seconds() * r.Rate))
	left := all - min(all, r.due.Load())
	if r.Count > 0 {
		left = min(left, r.Count-min(r.Count, r.started.Load()))
	}
	return left
}

// A run is one Run.
type run struct {
	Config
	begin, measured, end time.Time // end is zero if there is none
	warm                 uint64    // calls of an open loop that are due in the warm-up

	due     atomic.Uint64 // calls of an open loop that somebody has taken on
	started atomic.Uint64 // calls that count, also those that wait until they are due
	cut     atomic.Uint64 // calls that count and did not end
	shards  []shard
}

// A shard is what some callers have measured.
type shard struct {
	mu     sync.Mutex
	took   *hdrhistogram.Histogram // ns of the calls that succeeded
	late   *hdrhistogram.Histogram // ns that calls began after they were due
	errors map[string]uint64
}

// Durations beyond these count as these.
const (
	shortest = 100 * time.Nanosecond
	longest  = time.Hour
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(int64(shortest), int64(longest), 3)
}

func (s *shard) reset() {
	s.took, s.late, s.errors = newHistogram(), newHistogram(), make(map[string]uint64)
}

// caller makes calls until there are no more to make.
func (r *run) caller(ctx context.Context, s *shard) {
	for ctx.Err() == nil {
		now := time.Now()
		start, counts, more := now, !now.Before(r.measured), true
		if r.Rate > 0 {
			start, counts, more = r.next()
		}
		// Nobody waits for a call that will not be made.
		if !more || !r.end.IsZero() && !start.Before(r.end) {
			return
		}
		if counts && r.Count > 0 && r.started.Add(1) > r.Count {
			return
		}
		if r.Rate > 0 {
			if !sleep(ctx, start) {
				return
			}
			now = time.Now()
		}
		err := r.Call(ctx)
		took := time.Since(start)
		if counts && (err == nil || ctx.Err() == nil) {
			r.record(s, took, now.Sub(start), err)
		} else if counts {
			r.cut.Add(1)
		}
	}
}

// next returns when the next call of an open loop is due, whether it counts,
// and whether it is to be made at all.
func (r *run) next() (start time.Time, counts, more bool) {
	n := r.due.Add(1) - 1
	start = r.begin.Add(time.Duration(min(float64(n)/r.Rate, never.Seconds()) * float64(time.Second)))
	if n < r.warm {
		return start, false, true
	}
	return start, true, r.Count == 0 || n-r.warm < r.Count
}

// sleep waits until a time, and reports false if ctx is done before.
func sleep(ctx context.Context, until time.Time) bool {
	d := time.Until(until)
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *run) record(s *shard, took, late time.Duration, err error) {
	kind := ""
	if err != nil {
		kind = r.Kind(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Rate > 0 {
		record(s.late, late)
	}
	if err != nil {
		s.errors[kind]++
		return
	}
	record(s.took, took)
}

func record(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(int64(min(max(d, 0), longest))) // in range, so it cannot fail
}

// watch tells Progress every second.
func (r *run) watch(over <-chan struct{}) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			r.Progress(r.result(now))
		case <-over:
			return
		}
	}
}

// result returns what was measured until now.
func (r *run) result(now time.Time) Result {
	took, late := newHistogram(), newHistogram()
	out := Result{Elapsed: max(now.Sub(r.measured), 0), Callers: r.Callers, Rate: r.Rate}
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		took.Merge(s.took)
		late.Merge(s.late)
		for kind, n := range s.errors {
			out.count(kind, n)
		}
		s.mu.Unlock()
	}
	out.Succeeded = uint64(took.TotalCount())
	if out.Elapsed > 0 {
		out.Throughput = float64(out.Succeeded+out.Failed) / out.Elapsed.Seconds()
	}
	out.Latency = summarize(took)
	if r.Rate > 0 {
		lag := summarize(late)
		out.Lag = &lag
	}
	out.took = took
	return out
}
