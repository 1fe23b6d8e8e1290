// Package worker runs tasks on goroutines that are kept: a goroutine that has
// run a handler before has a stack of the right size, and a new one would
// grow it anew, call after call.
package worker

import (
	"runtime"
	"sync"
	"time"
)

const (
	// More idle goroutines than this are not kept.
	maxIdle = 4096
	// Goroutines that were idle for a whole period end.
	period = 10 * time.Second
)

// A Pool runs tasks of one kind. Its methods may be called concurrently.
type Pool[T any] struct {
	run func(T)

	mu     sync.Mutex
	idle   []chan T // last in, first out: warm stacks and caches
	least  int      // shortest idle has been in this period
	trim   *time.Timer
	closed bool

	all sync.WaitGroup
}

// New returns a pool that runs tasks with run.
func New[T any](run func(T)) *Pool[T] { return &Pool[T]{run: run} }

// Go runs t on a goroutine of the pool. It does not wait.
func (p *Pool[T]) Go(t T) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.least = min(p.least, n-1)
		p.mu.Unlock()
		w <- t
		return
	}
	p.least = 0
	p.mu.Unlock()
	p.all.Add(1)
	go p.work(t)
}

func (p *Pool[T]) work(t T) {
	defer p.all.Done()
	tasks := make(chan T, 1)
	// While it waits, a goroutine uses little of its stack, and of a stack that
	// is mostly unused the garbage collector takes half. This keeps it in use.
	var warm [2 << 10]byte
	defer runtime.KeepAlive(&warm)
	for {
		p.run(t)
		if !p.park(tasks) {
			return
		}
		var more bool
		if t, more = <-tasks; !more {
			return
		}
	}
}

// park makes a goroutine available; it reports false if there is no need.
func (p *Pool[T]) park(tasks chan T) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= maxIdle {
		return false
	}
	p.idle = append(p.idle, tasks)
	if p.trim == nil {
		p.trim = time.AfterFunc(period, p.endIdle)
	}
	return true
}

// endIdle ends the goroutines that the last period could have done without.
func (p *Pool[T]) endIdle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	for _, w := range p.idle[:p.least] {
		close(w)
	}
	p.idle = append(p.idle[:0], p.idle[p.least:]...)
	p.least = len(p.idle)
	p.trim.Reset(period)
	if len(p.idle) == 0 {
		p.trim.Stop()
		p.trim = nil
	}
}

// Close ends the idle goroutines and waits until the others have finished
// their tasks. Go must not be called any more.
func (p *Pool[T]) Close() {
	p.mu.Lock()
	p.closed = true
	if p.trim != nil {
		p.trim.Stop()
	}
	for _, w := range p.idle {
		close(w)
	}
	p.idle = nil
	p.mu.Unlock()
	p.all.Wait()
}
