// Package worker runs tasks on goroutines that are kept: a goroutine that has
// run a handler before has a stack of the right size, and a new one would
// grow it anew, call after call.
//
// Tasks wait in a queue, and one goroutine at a time is on its way to it. The
// one that arrives takes a task and, if that leaves others, sends for the next
// goroutine before it runs its own. So no task waits for another that blocks,
// and tasks that do not block are run one after the other by the goroutine that
// is there already: a batch of them costs two wake-ups, not one for each.
//
//	Go ──► queue ──► goroutine: take ──► send for another ──► run ──┐
//	                     ▲                                          │
//	                     └──────────────────────────────────────────┘
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
	// No more tasks than this wait for a goroutine.
	maxQueue = 1024
)

// A Pool runs tasks of one kind. Its methods may be called concurrently.
type Pool[T any] struct {
	run func(T)

	mu     sync.Mutex
	queue  []T             // from head on: tasks that nobody has taken
	head   int             //
	room   sync.Cond       // signalled when a full queue is half empty
	full   bool            // somebody waits for that
	coming bool            // a goroutine is on its way to the queue
	idle   []chan struct{} // last in, first out: warm stacks and caches
	least  int             // shortest idle has been in this period
	trim   *time.Timer
	closed bool

	all sync.WaitGroup
}

// New returns a pool that runs tasks with run.
func New[T any](run func(T)) *Pool[T] {
	p := &Pool[T]{run: run}
	p.room.L = &p.mu
	return p
}

// Go has t run on a goroutine of the pool. It waits for no task, whatever
// tasks do; but where so many come that the goroutines get no time to take
// them, it waits for the scheduler.
func (p *Pool[T]) Go(t T) {
	p.mu.Lock()
	for len(p.queue)-p.head >= maxQueue {
		p.full = true
		p.room.Wait()
	}
	if p.head > 0 && len(p.queue) == cap(p.queue) {
		n := copy(p.queue, p.queue[p.head:])
		clear(p.queue[n:])
		p.queue, p.head = p.queue[:n], 0
	}
	p.queue = append(p.queue, t)
	p.sendFor()
}

// sendFor gets a goroutine on its way if tasks are left and none is coming. It
// unlocks p.
func (p *Pool[T]) sendFor() {
	if p.coming || p.head == len(p.queue) {
		p.mu.Unlock()
		return
	}
	p.coming = true
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.least = min(p.least, n-1)
		p.mu.Unlock()
		w <- struct{}{}
		return
	}
	p.least = 0
	p.all.Add(1)
	p.mu.Unlock()
	go p.work()
}

// work is the life of a goroutine.
func (p *Pool[T]) work() {
	defer p.all.Done()
	wake := make(chan struct{}, 1)
	// While it waits, a goroutine uses little of its stack, and of a stack that
	// is mostly unused the garbage collector takes half. This keeps it in use.
	var warm [2 << 10]byte
	defer runtime.KeepAlive(&warm)
	for p.drain(wake) {
		if _, more := <-wake; !more {
			return
		}
	}
}

// drain runs tasks until none is left and parks the goroutine, which has been
// sent for. It reports false if the goroutine is not needed any more.
func (p *Pool[T]) drain(wake chan struct{}) bool {
	p.mu.Lock()
	p.coming = false
	for p.head < len(p.queue) {
		t := p.take()
		p.sendFor()
		p.run(t)
		p.mu.Lock()
	}
	defer p.mu.Unlock()
	return p.park(wake)
}

// take removes the first task. The caller holds p.mu.
func (p *Pool[T]) take() T {
	var none T
	t := p.queue[p.head]
	p.queue[p.head] = none
	if p.head++; p.head == len(p.queue) {
		p.queue, p.head = p.queue[:0], 0
	}
	if p.full && len(p.queue)-p.head <= maxQueue/2 {
		p.full = false
		p.room.Broadcast()
	}
	return t
}

// park makes a goroutine available; it reports false if there is no need. The
// caller holds p.mu.
func (p *Pool[T]) park(wake chan struct{}) bool {
	if p.closed || len(p.idle) >= maxIdle {
		return false
	}
	p.idle = append(p.idle, wake)
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
