package limit

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/internal/keyed"
	"github.com/volo-go/volo/motore/rpc"
)

// ConcurrencyConfig bounds how many calls run at once.
type ConcurrencyConfig struct {
	// Max is how many calls run at once, or may run if Adaptive finds that
	// they can. If it is not positive, the layer does nothing.
	Max int

	// Queue is how many further calls wait for their turn, first come, first
	// served; the default is none. MaxWait is how long they do at most, one
	// second by default. Those whose deadline comes before their turn can be
	// expected are refused at once.
	Queue   int
	MaxWait time.Duration

	// Adaptive, if not nil, finds the limit by looking at latency.
	Adaptive *Adaptive

	// Key says which calls share a limit; nil stands for [Together].
	Key func(info *rpc.Info) Key

	// Changed, if not nil, is told of each new limit that Adaptive finds, with
	// a lock held: it returns quickly.
	Changed func(key Key, limit int)
}

// NewConcurrency returns a layer that lets so many calls run at once. A call
// runs until it has returned from the layers below; of a stream that a client
// opens, that is when it is open.
//
// refuse, if not nil, makes the error of a call that is refused, out of the
// layer's own.
func NewConcurrency[Req, Resp any](c ConcurrencyConfig, refuse func(req Req, e *Error) error) motore.Layer[Req, Resp] {
	if c.Max <= 0 {
		return motore.Identity[Req, Resp]
	}
	if c.MaxWait <= 0 {
		c.MaxWait = time.Second
	}
	if c.Key == nil {
		c.Key = Together
	}
	var gates keyed.Map[Key, gate]
	terms := &keyed.Terms[Key, gate]{
		Max:  MaxKeys,
		New:  func(key Key) *gate { return newGate(key, &c) },
		Idle: (*gate).idle,
	}
	others := newGate(Key{}, &c)
	return func(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
		return motore.ServiceFunc[Req, Resp](func(ctx context.Context, req Req) (resp Resp, err error) {
			info := factsOf(ctx)
			g := gates.Find(c.Key(info), terms)
			if g == nil {
				g = others
			}
			start, refused := g.enter(ctx, info)
			if refused != nil {
				return resp, refusal(req, refuse, refused)
			}
			outcome := rpc.Failed // of a panic
			defer func() { g.leave(start, outcome) }()
			resp, err = next.Call(ctx, req)
			outcome = rpc.OutcomeOf(err)
			return resp, err
		})
	}
}

// A gate lets calls of one key run.
type gate struct {
	key    Key
	config *ConcurrencyConfig

	mu      sync.Mutex
	limit   int
	running int
	queue   []*waiter
	took    time.Duration // a call, on a moving average
	pace    *pace         // nil without Adaptive
}

// A waiter is a call in the queue. Its turn is closed when it may run.
type waiter struct{ turn chan struct{} }

func newGate(key Key, c *ConcurrencyConfig) *gate {
	g := &gate{key: key, config: c, limit: c.Max}
	if c.Adaptive != nil {
		g.pace = newPace(*c.Adaptive, c.Max)
		g.limit = g.pace.first(c.Max)
	}
	return g
}

// enter waits until a call may run, and returns when it began to; or the error
// that it is refused with.
func (g *gate) enter(ctx context.Context, info *rpc.Info) (time.Time, *Error) {
	now := time.Now()
	g.mu.Lock()
	if g.running < g.limit && len(g.queue) == 0 {
		g.running++
		g.mu.Unlock()
		return now, nil
	}
	patience := g.config.MaxWait
	if end := deadlineOf(ctx, info); !end.IsZero() {
		patience = min(patience, end.Sub(now))
	}
	// Every took, as many calls end as run.
	expected := g.took * time.Duration(len(g.queue)+1) / time.Duration(g.limit)
	if len(g.queue) >= g.config.Queue || expected > patience {
		e := g.full(nil)
		g.mu.Unlock()
		return now, e
	}
	w := &waiter{make(chan struct{})}
	g.queue = append(g.queue, w)
	g.mu.Unlock()
	if e := g.wait(ctx, w, patience); e != nil {
		return now, e
	}
	return time.Now(), nil
}

// wait waits for a turn.
func (g *gate) wait(ctx context.Context, w *waiter, patience time.Duration) *Error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	var gaveUp error
	select {
	case <-w.turn:
		return nil
	case <-timer.C:
	case <-ctx.Done():
		gaveUp = ctx.Err()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.Index(g.queue, w)
	if i < 0 && gaveUp == nil {
		return nil // its turn came just now
	}
	if i < 0 {
		g.running--
		g.next()
	} else {
		g.queue = slices.Delete(g.queue, i, i+1)
	}
	return g.full(gaveUp)
}

// full makes the error of a call that found no place. It is called with mu
// held.
func (g *gate) full(gaveUp error) *Error {
	e := &Error{Kind: Concurrency, Key: g.key, Err: gaveUp,
		Facts: fmt.Sprintf("%d calls of %d are running and %d of %d waiting (see Max, Queue)", g.running, g.limit, len(g.queue), g.config.Queue)}
	if gaveUp == nil {
		e.After = g.took
	}
	return e
}

// leave ends a call that began at start.
func (g *gate) leave(start time.Time, outcome rpc.Outcome) {
	now := time.Now()
	took := now.Sub(start)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.took == 0 {
		g.took = took
	}
	g.took += (took - g.took) / 16
	if g.pace != nil {
		if limit, changed := g.pace.ended(start, now, outcome, g.running, g.limit); changed {
			g.limit = limit
			if g.config.Changed != nil {
				g.config.Changed(g.key, limit)
			}
		}
	}
	g.running--
	g.next()
}

// next gives free places to those who wait.
func (g *gate) next() {
	for g.running < g.limit && len(g.queue) > 0 {
		g.running++
		close(g.queue[0].turn)
		g.queue = slices.Delete(g.queue, 0, 1)
	}
}

// idle reports whether forgetting the gate loses nothing.
func (g *gate) idle() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.running == 0 && len(g.queue) == 0 && (g.pace == nil || time.Since(g.pace.began) > time.Minute)
}
