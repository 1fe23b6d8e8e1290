package stage

import (
	"fmt"
	"sync"
)

// Load is callers that call until they are told to stop.
type Load struct {
	mu       sync.Mutex
	calls    int
	failures []string
	stop     chan struct{}
	callers  sync.WaitGroup
}

// NewLoad starts n callers of call.
func NewLoad(n int, call func() error) *Load {
	l := &Load{stop: make(chan struct{})}
	for range n {
		l.callers.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
				}
				l.count(call())
			}
		})
	}
	return l
}

func (l *Load) count(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	if err != nil {
		l.failures = append(l.failures, err.Error())
	}
}

// Stop ends the callers. Its error says how many calls have failed, and how the
// first of them.
func (l *Load) Stop() error {
	close(l.stop)
	l.callers.Wait()
	if n := len(l.failures); n > 0 {
		return fmt.Errorf("%d of %d calls have failed, the first: %s", n, l.calls, l.failures[0])
	}
	return nil
}
