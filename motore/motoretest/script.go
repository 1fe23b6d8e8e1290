// Package motoretest has a scripted service, so that no test of a layer needs
// a network.
//
// A [Script] is told what to do with each call, in order, and records what it
// was called with:
//
//	s := motoretest.New[string, string]().Fail(errDown).After(time.Second).Return("ok")
//	layer(s).Call(ctx, "q") // fails
//	layer(s).Call(ctx, "q") // takes a second, then succeeds
//	s.Calls()               // two
//
// Together with testing/synctest, whose clock [Script.After] follows, tests of
// deadlines take no time.
package motoretest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// A Script is a service that follows its steps, one for each call. The last
// step repeats; a script without steps panics when it is called. Steps are
// added before the first call. Calls may come from any goroutine.
type Script[Req, Resp any] struct {
	steps []step[Req, Resp]
	delay time.Duration // of the step to be added next

	mu    sync.Mutex
	calls []Call[Req]
}

type step[Req, Resp any] struct {
	delay time.Duration
	do    func(ctx context.Context, req Req) (Resp, error)
}

// A Call is what a script was called with.
type Call[Req any] struct {
	Ctx  context.Context
	Req  Req
	Time time.Time
}

// New returns a script without steps.
func New[Req, Resp any]() *Script[Req, Resp] { return new(Script[Req, Resp]) }

// Return adds a step that returns resp.
func (s *Script[Req, Resp]) Return(resp Resp) *Script[Req, Resp] {
	return s.Run(func(context.Context, Req) (Resp, error) { return resp, nil })
}

// Fail adds a step that returns err.
func (s *Script[Req, Resp]) Fail(err error) *Script[Req, Resp] {
	return s.Run(func(context.Context, Req) (Resp, error) {
		var none Resp
		return none, err
	})
}

// Block adds a step that waits until the context of the call is done and
// returns the context's error.
func (s *Script[Req, Resp]) Block() *Script[Req, Resp] {
	return s.Run(func(ctx context.Context, _ Req) (Resp, error) {
		<-ctx.Done()
		var none Resp
		return none, ctx.Err()
	})
}

// Panic adds a step that panics with v.
func (s *Script[Req, Resp]) Panic(v any) *Script[Req, Resp] {
	return s.Run(func(context.Context, Req) (Resp, error) { panic(v) })
}

// Run adds a step that is any function.
func (s *Script[Req, Resp]) Run(f func(ctx context.Context, req Req) (Resp, error)) *Script[Req, Resp] {
	s.steps = append(s.steps, step[Req, Resp]{s.delay, f})
	s.delay = 0
	return s
}

// After delays the step that is added next by d. If the context of the call is
// done before, the call returns the context's error then.
func (s *Script[Req, Resp]) After(d time.Duration) *Script[Req, Resp] {
	s.delay += d
	return s
}

// Call follows the next step.
func (s *Script[Req, Resp]) Call(ctx context.Context, req Req) (Resp, error) {
	next := s.record(ctx, req)
	if next.delay > 0 {
		timer := time.NewTimer(next.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			var none Resp
			return none, ctx.Err()
		}
	}
	return next.do(ctx, req)
}

func (s *Script[Req, Resp]) record(ctx context.Context, req Req) step[Req, Resp] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.steps) == 0 {
		panic(fmt.Sprintf("motoretest: a script without steps was called with %v", req))
	}
	next := s.steps[min(len(s.calls), len(s.steps)-1)]
	s.calls = append(s.calls, Call[Req]{ctx, req, time.Now()})
	return next
}

// Calls returns the calls so far, in the order in which they came.
func (s *Script[Req, Resp]) Calls() []Call[Req] {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}
