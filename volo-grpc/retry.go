package vologrpc

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"
)

// A RetryPolicy says when a call that has failed is made again (gRFC A6): a
// stream until its answer begins, see [WithReplaySize]. Calls that the peer has
// not processed are sent again without one.
//
// A policy is for methods of which it is known that running them twice does
// no harm, or for codes that say that nothing was done. Unlike in A6, a unary
// call is made again also if the peer had sent header metadata before it failed:
// nobody has seen them.
type RetryPolicy struct {
	// Attempts is how often a call is made at most, the first time included.
	// At most 5; less than 2 retries nothing.
	Attempts int
	// Codes are those that are worth another attempt.
	Codes []Code
	// Idempotent limits the policy to calls that are declared idempotent, by
	// their method or by [CallIdempotent].
	Idempotent bool
	// Backoff is how long to wait before attempt n+1: up to 20 % more or less
	// than Base × Multiplier^(n-1), at most Max. The defaults are 100 ms,
	// 1.6 and 5 s. The peer may name another time, or forbid to retry, by the
	// trailer grpc-retry-pushback-ms. Jitter is not used.
	Backoff Backoff
	// Throttle, if not nil, stops retrying while too many calls fail. Policies
	// may share one.
	Throttle *Throttle
}

// maxAttempts bounds [RetryPolicy.Attempts], as the specification does.
const maxAttempts = 5

// Retry returns a layer that makes calls again as p says. It belongs to the
// outer layers of a client, so that each attempt may go to another instance. The
// layers below it see each attempt, those of a stream perhaps from the
// goroutine that sends or receives; what they observe of it is that attempt.
//
// Of an answer that comes too late for its deadline, or not within it after
// the next pause, the error of the last attempt is returned.
func Retry(p RetryPolicy) Layer {
	if p.Backoff.Base <= 0 {
		p.Backoff.Base = 100 * time.Millisecond
	}
	if p.Backoff.Max <= 0 {
		p.Backoff.Max = 5 * time.Second
	}
	if !(p.Backoff.Multiplier > 0) { // or is not a number
		p.Backoff.Multiplier = 1.6
	}
	p.Attempts = min(p.Attempts, maxAttempts)
	if p.Attempts < 2 || len(p.Codes) == 0 {
		return nil
	}
	return func(next Handler) Handler {
		return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
			switch {
			case p.Idempotent && !req.Info.Idempotent:
				return next.Call(ctx, req)
			case req.Method.Kind == Unary:
				return p.call(ctx, req, next)
			}
			return p.open(ctx, req, next)
		})
	}
}

func (p *RetryPolicy) call(ctx context.Context, req *Request, next Handler) (*Response, error) {
	picked := req.Info.Callee.Address
	for attempt := 1; ; attempt++ {
		resp, err := next.Call(ctx, req)
		if err == nil && resp.Stream != nil {
			return resp, nil // its end will tell how it went
		}
		pushback, allowed := judge(err, p.Codes, p.Throttle)
		if err == nil || !allowed || attempt == p.Attempts {
			return resp, err
		}
		if !sleep(ctx, p.pause(pushback, attempt)) {
			if ctx.Err() == context.Canceled {
				return nil, req.fail(PhasePick, false, context.Canceled)
			}
			return resp, err
		}
		req.again(picked)
	}
}

// open opens a stream whose attempts are made as p says, the first included.
func (p *RetryPolicy) open(ctx context.Context, req *Request, next Handler) (*Response, error) {
	picked := req.Info.Callee.Address
	resp, err := p.call(ctx, req, next)
	if err != nil || resp.Stream == nil || resp.Stream.core.o.replay == 0 {
		return resp, err
	}
	s := newReplay(resp.Stream, p, next.Call)
	s.ctx, s.replay.picked, s.replay.attempts = ctx, picked, 1+req.before.count()
	req.response.Stream = s
	return &req.response, nil
}

// pause returns how long to wait after an attempt.
func (p *RetryPolicy) pause(pushback time.Duration, attempt int) time.Duration {
	if pushback >= 0 {
		return pushback
	}
	return p.Backoff.before(attempt)
}

// judge reports whether a call that ended with err, one of codes, may be made
// again, and after which pause, if the peer said; else that is negative.
func judge(err error, codes []Code, t *Throttle) (pushback time.Duration, allowed bool) {
	if err == nil {
		t.succeeded()
		return -1, false
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || !slices.Contains(codes, e.Code) {
		return -1, false
	}
	pushback, allowed = -1, true
	if ms := e.pushback; ms != "" {
		n, bad := strconv.ParseUint(ms, 10, 31)
		allowed = bad == nil // what is no time means not at all
		pushback = time.Duration(n) * time.Millisecond
	}
	return pushback, t.failed() && allowed
}

// What peers tell each other about attempts.
const (
	pushbackKey = "grpc-retry-pushback-ms"
	previousKey = "grpc-previous-rpc-attempts"
)

// before returns how long to wait after attempt n.
func (b *Backoff) before(n int) time.Duration {
	d := min(float64(b.Base)*math.Pow(b.Multiplier, float64(n-1)), float64(b.Max))
	return time.Duration(d * (0.8 + 0.4*rand.Float64()))
}

// sleep waits; it reports false if ctx would be over before.
func sleep(ctx context.Context, d time.Duration) bool {
	if t, ok := ctx.Deadline(); ok && time.Until(t) <= d {
		return false
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

// A Throttle stops retrying while too many calls fail: it holds Max tokens at
// first; a failure that could be retried costs one, a success earns ratio.
// Below half of Max nothing is retried. It may be used concurrently.
type Throttle struct {
	max, ratio float64

	mu     sync.Mutex
	tokens float64
}

// NewThrottle returns a throttle; the specification allows max up to 1000 and
// has it at 10 and ratio at 0.1 in its example.
func NewThrottle(max, ratio float64) *Throttle {
	return &Throttle{max: max, ratio: ratio, tokens: max}
}

func (t *Throttle) succeeded() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tokens = min(t.tokens+t.ratio, t.max)
}

// failed reports whether a retry is allowed.
func (t *Throttle) failed() bool {
	if t == nil {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tokens = max(t.tokens-1, 0)
	return t.tokens > t.max/2
}

// allows reports whether another attempt is allowed that no failure asks for.
func (t *Throttle) allows() bool {
	if t == nil {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tokens > t.max/2
}
