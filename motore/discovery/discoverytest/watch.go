package discoverytest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/discovery"
)

// A watch is one call of Watch and what it has said so far.
type watch struct {
	t       *testing.T
	subject Subject
	stop    context.CancelFunc
	done    chan struct{} // closed when Watch has returned

	mu       sync.Mutex
	err      error // of Watch, once done
	returned bool
	after    int // updates after Watch had returned
	busy     bool
	arrived  chan struct{} // closed, and renewed, by each update
	seen     [][]discovery.Instance
}

func (s Subject) watch(t *testing.T) *watch { return s.watchWith(t, t.Context(), nil) }

// watchWith starts a watch; during, if not nil, runs within each update. The
// watch is over when the test is.
func (s Subject) watchWith(t *testing.T, ctx context.Context, during func()) *watch {
	ctx, stop := context.WithCancel(ctx)
	w := &watch{t: t, subject: s, stop: stop, done: make(chan struct{}), arrived: make(chan struct{})}
	go func() {
		err := s.Discoverer.Watch(ctx, s.Service, func(instances []discovery.Instance) {
			defer w.enter(instances)()
			if during != nil {
				during()
			}
		})
		w.mu.Lock()
		defer w.mu.Unlock()
		w.err, w.returned = err, true
		close(w.done)
	}()
	t.Cleanup(func() {
		stop()
		w.end()
	})
	return w
}

// enter records an update and returns what ends it.
func (w *watch) enter(instances []discovery.Instance) (leave func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy {
		w.t.Error("got two updates of one watch at a time, want one after the other")
	}
	if w.returned {
		w.after++
	}
	w.busy = true
	w.seen = append(w.seen, instances)
	close(w.arrived)
	w.arrived = make(chan struct{})
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.busy = false
	}
}

// expect waits until the latest snapshot is want, and returns all that have
// come since the last call of expect.
func (w *watch) expect(want []discovery.Instance) [][]discovery.Instance {
	w.t.Helper()
	timer := time.NewTimer(w.subject.Patience)
	defer timer.Stop()
	var all [][]discovery.Instance
	for {
		seen, arrived := w.take()
		all = append(all, seen...)
		if n := len(all); n > 0 && w.subject.same(all[n-1], want) {
			w.keep(all[n-1])
			return all
		}
		select {
		case <-arrived:
		case <-timer.C:
			w.t.Fatalf("got %v within %v, want the last to be %v", all, w.subject.Patience, want)
		}
	}
}

// keep makes a snapshot the first that the next expect sees, so that a state
// that did not change need not arrive again.
func (w *watch) keep(snapshot []discovery.Instance) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append([][]discovery.Instance{snapshot}, w.seen...)
}

func (w *watch) take() ([][]discovery.Instance, chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen, w.arrived
}

// end waits until Watch has returned, and returns its error.
func (w *watch) end() error {
	select {
	case <-w.done:
	case <-time.After(w.subject.Patience):
		w.t.Fatalf("Watch did not return within %v after its context was done", w.subject.Patience)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// late returns how many updates came after Watch had returned. It gives them
// a moment, since none is the expected number.
func (w *watch) late() int {
	w.mu.Lock()
	arrived := w.arrived
	w.mu.Unlock()
	select {
	case <-arrived:
	case <-time.After(200 * time.Millisecond):
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.after
}
