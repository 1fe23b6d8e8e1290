package transport

import (
	"crypto/tls"
	"net"
	"sync"
	"syscall"
	"time"
)

const (
	watchEvery = 10 * time.Millisecond
	// watchLinger is how many rounds a watcher without watches stays, so that
	// a busy server does not start one for every call.
	watchLinger = 100
)

// A watcher looks at the connections whose peers somebody wants to know gone,
// all of them with one poll(2) every watchEvery. Its goroutine runs only while
// there is a watch, and a moment longer.
//
// A descriptor is only believed if its registration was there before and after
// the poll: connections leave the watcher before they are closed.
type watcher struct {
	mu      sync.Mutex
	watches []*registration
	running bool
	quit    chan struct{}  // closed by stop; made when running starts
	stopped sync.WaitGroup // the goroutine
}

// A registration is a connection's place in a watcher.
type registration struct {
	c *Conn

	mu    sync.Mutex
	f     func() // nil: nobody watches
	token uint64 // counts watches
	gone  bool   // the connection is closed
	stop  func() // cached
	own   *watcher

	fd    int // -1: has none; 0: not looked up
	index int // in watcher.watches, guarded by watcher.mu
}

func (r *registration) init(c *Conn) {
	r.c = c
	r.index = -1
}

// watcher returns the owner's, or one of our own.
func (r *registration) watcher() *watcher {
	if r.c.owner != nil {
		return &r.c.owner.watcher
	}
	if r.own == nil {
		r.own = new(watcher)
	}
	return r.own
}

func (r *registration) set(f func()) (stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stop == nil {
		r.stop = r.clear
	}
	if r.gone || f == nil {
		return r.stop
	}
	r.f = f
	r.token++
	if w, ok := r.c.nc.(disconnectNotifier); ok {
		w.notifyDisconnect(r.fire)
		return r.stop
	}
	if r.fd == 0 {
		r.fd = descriptor(r.c.nc)
	}
	if r.fd > 0 && canPoll {
		r.watcher().add(r)
	}
	return r.stop
}

// A disconnectNotifier is a net.Conn that knows when its peer goes. It calls f,
// the last it was given, when that happens or if it already has, from any
// goroutine and perhaps more than once.
type disconnectNotifier interface {
	notifyDisconnect(f func())
}

// fire starts the function that watches, if there still is one.
func (r *registration) fire() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fireLocked()
}

func (r *registration) fireLocked() {
	if f := r.f; f != nil {
		r.f = nil
		go f()
	}
}

func (r *registration) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.f = nil
	r.token++
	if r.fd > 0 {
		r.watcher().remove(r)
	}
}

// close is clear for ever. The descriptor may be closed afterwards.
func (r *registration) close() {
	r.mu.Lock()
	r.gone = true
	own := r.own
	r.mu.Unlock()
	r.clear()
	if own != nil {
		own.stop()
	}
}

func (w *watcher) add(r *registration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.index < 0 {
		r.index = len(w.watches)
		w.watches = append(w.watches, r)
	}
	if !w.running {
		w.running = true
		w.quit = make(chan struct{})
		quit := w.quit
		w.stopped.Go(func() { w.run(quit) })
	}
}

// stop ends the goroutine and waits for it.
func (w *watcher) stop() {
	w.mu.Lock()
	if w.running {
		w.running = false
		close(w.quit)
	}
	w.mu.Unlock()
	w.stopped.Wait()
}

func (w *watcher) remove(r *registration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r.index < 0 {
		return
	}
	last := len(w.watches) - 1
	moved := w.watches[last]
	w.watches[r.index], moved.index = moved, r.index
	w.watches[last] = nil
	w.watches = w.watches[:last]
	r.index = -1
}

func (w *watcher) run(quit <-chan struct{}) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	var l look
	for idle := 0; ; {
		select {
		case <-quit:
			return
		case <-ticker.C:
		}
		w.mu.Lock()
		l.watches = append(l.watches[:0], w.watches...)
		if idle++; len(l.watches) > 0 {
			idle = 0
		}
		if idle > watchLinger && w.running {
			w.running = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		l.take()
		clear(l.watches)
	}
}

// A look is one round of a watcher. Its memory is used again for the next.
type look struct {
	watches []*registration
	tokens  []uint64
	set     pollSet
}

// take polls once and fires the watches whose peers are gone.
func (l *look) take() {
	if len(l.watches) == 0 {
		return
	}
	l.tokens = l.tokens[:0]
	l.set.reset()
	for _, r := range l.watches {
		r.mu.Lock()
		l.tokens = append(l.tokens, r.token)
		fd := r.fd
		if r.f == nil {
			fd = -1 // poll skips it
		}
		r.mu.Unlock()
		l.set.add(fd)
	}
	l.set.poll()
	for i, r := range l.watches {
		if !l.set.hungUp(i) {
			continue
		}
		r.mu.Lock()
		if r.token == l.tokens[i] {
			r.fireLocked()
		}
		r.mu.Unlock()
	}
}

// rawConnOf returns the descriptor's keeper beneath nc, nil if there is none.
func rawConnOf(nc net.Conn) syscall.RawConn {
	if t, ok := nc.(*tls.Conn); ok {
		nc = t.NetConn()
	}
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// descriptor returns the number of the descriptor beneath nc, -1 if there is
// none. It may be used as long as nc is not closed.
func descriptor(nc net.Conn) int {
	raw := rawConnOf(nc)
	if raw == nil {
		return -1
	}
	n := -1
	if raw.Control(func(fd uintptr) { n = int(fd) }) != nil {
		return -1
	}
	return n
}
