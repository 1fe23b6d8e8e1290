package stage

import (
	"context"
	"errors"
	"sync"
	"time"
)

// patience bounds how long a call waits for another one: who comes too late is
// a failure, not a hang.
const patience = 20 * time.Second

// Rooms is where calls wait for each other. The zero value is ready; it may be
// used from any goroutine.
type Rooms struct {
	mu      sync.Mutex
	changed chan struct{} // closed, and replaced, when anything below changes
	noted   map[string]bool
	met     map[string]int
	freed   map[string]bool
	holding int
	served  int
}

// change runs f with the lock held and tells those who wait.
func (r *Rooms) change(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.noted == nil {
		r.noted, r.met, r.freed = map[string]bool{}, map[string]int{}, map[string]bool{}
	}
	f()
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

// until waits until is, which is called with the lock held, reports true.
func (r *Rooms) until(ctx context.Context, what string, is func() bool) error {
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		r.mu.Lock()
		if is() {
			r.mu.Unlock()
			return nil
		}
		if r.changed == nil {
			r.changed = make(chan struct{})
		}
		changed := r.changed
		r.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-late.C:
			return errors.New(what + " has not happened in time")
		}
	}
}

// Note remembers token.
func (r *Rooms) Note(token string) { r.change(func() { r.noted[token] = true }) }

// Noted waits until token was noted.
func (r *Rooms) Noted(ctx context.Context, token string) error {
	return r.until(ctx, "a note", func() bool { return r.noted[token] })
}

// Meet waits until count callers with the token are there.
func (r *Rooms) Meet(ctx context.Context, token string, count int) error {
	r.change(func() { r.met[token]++ })
	return r.until(ctx, "a meeting", func() bool { return r.met[token] >= count })
}

// Hold waits until token is released.
func (r *Rooms) Hold(ctx context.Context, token string) error {
	r.change(func() { r.holding++ })
	defer r.change(func() { r.holding-- })
	return r.until(ctx, "a release", func() bool { return r.freed[token] })
}

// Release lets go those that hold token.
func (r *Rooms) Release(token string) { r.change(func() { r.freed[token] = true }) }

// Holding returns how many callers hold tokens.
func (r *Rooms) Holding() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.holding
}

// AwaitHolding waits until so many callers hold tokens.
func (r *Rooms) AwaitHolding(ctx context.Context, n int) error {
	return r.until(ctx, "holding", func() bool { return r.holding >= n })
}

// Serve counts a call.
func (r *Rooms) Serve() { r.change(func() { r.served++ }) }

// Served returns how many calls were counted.
func (r *Rooms) Served() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.served
}

// AwaitServed waits until so many calls were counted.
func (r *Rooms) AwaitServed(ctx context.Context, n int) error {
	return r.until(ctx, "serving", func() bool { return r.served >= n })
}
