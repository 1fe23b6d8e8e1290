package load

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A Result is what a run measured.
type Result struct {
	Requests   uint64        `json:"requests"`
	Errors     uint64        `json:"errors"`
	FirstError string        `json:"first_error,omitempty"`
	Elapsed    time.Duration `json:"elapsed_ns"`
	P50        time.Duration `json:"p50_ns"`
	P99        time.Duration `json:"p99_ns"`
	P999       time.Duration `json:"p999_ns"`
}

// ErrStuck reports callers that did not return long after the end of a run.
var ErrStuck = errors.New("callers are still waiting for replies")

// patience is how long after the end of a run the last replies may come.
const patience = 10 * time.Second

// Prepare returns what makes calls for some time: c itself if it is a
// [Runner], and otherwise [Run] with the calls of all callers of t.
func Prepare(c Client, t Target) (func(time.Duration) (Result, error), error) {
	if r, ok := c.(Runner); ok {
		return r.Run, nil
	}
	calls, err := Connect(c, t)
	if err != nil {
		return nil, err
	}
	return func(d time.Duration) (Result, error) { return Run(calls, d) }, nil
}

// Connect makes the calls of all callers of t.
func Connect(c Client, t Target) ([]Call, error) {
	calls := make([]Call, t.Callers)
	for i := range calls {
		call, err := c.Caller(i, Message(i, t.Size))
		if err != nil {
			return nil, fmt.Errorf("caller %d of %d: %w", i, t.Callers, err)
		}
		calls[i] = call
	}
	return calls, nil
}

// Run lets every caller repeat its call for d, then waits for the replies that
// are still out and returns what happened. Requests counts the calls that
// succeeded. A caller stops at its first error.
func Run(calls []Call, d time.Duration) (Result, error) {
	r := &run{shards: make([]Histogram, runtime.GOMAXPROCS(0))}
	var wg sync.WaitGroup
	start := time.Now()
	for i, call := range calls {
		wg.Add(1)
		go r.repeat(call, &r.shards[i%len(r.shards)], &wg)
	}
	timer := time.AfterFunc(d, func() { r.stop.Store(true) })
	defer timer.Stop()

	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(d + patience):
		return Result{}, ErrStuck
	}
	return r.result(time.Since(start)), nil
}

// A run is the state that the callers of one Run share.
type run struct {
	stop   atomic.Bool
	shards []Histogram // one a processor, so that they seldom meet
	errors atomic.Uint64

	mu    sync.Mutex
	first error
}

// repeat makes calls until it is time to stop. The end of a call is the start
// of the next, so one look at the clock a call is enough.
func (r *run) repeat(call Call, h *Histogram, callers *sync.WaitGroup) {
	defer callers.Done()
	last := time.Now()
	for !r.stop.Load() {
		if err := call(); err != nil {
			r.fail(err)
			return
		}
		now := time.Now()
		h.Record(now.Sub(last))
		last = now
	}
}

func (r *run) fail(err error) {
	r.errors.Add(1)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.first == nil {
		r.first = err
	}
}

func (r *run) result(elapsed time.Duration) Result {
	all := new(Histogram)
	for i := range r.shards {
		all.Merge(&r.shards[i])
	}
	result := Result{
		Requests: all.Count(),
		Errors:   r.errors.Load(),
		Elapsed:  elapsed,
		P50:      all.Quantile(0.50),
		P99:      all.Quantile(0.99),
		P999:     all.Quantile(0.999),
	}
	if r.first != nil {
		result.FirstError = r.first.Error()
	}
	return result
}
