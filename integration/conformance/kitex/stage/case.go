package stage

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// A Case is one thing to try; Run returns what was wrong.
type Case struct {
	Name string
	Run  func(ctx context.Context) error
}

// caseTimeout bounds a case.
const caseTimeout = 30 * time.Second

// Run runs the cases and writes a line for each: "name: ok", or the name and
// what was wrong.
func Run(ctx context.Context, w io.Writer, cases []Case) {
	for _, c := range cases {
		said := "ok"
		if err := c.run(ctx); err != nil {
			said = strings.Join(strings.Fields(err.Error()), " ") // on one line
		}
		fmt.Fprintf(w, "%s: %s\n", c.Name, said)
	}
}

// run runs c. A call that never returns is a failure of its case alone. The
// context has no deadline: that would travel.
func (c Case) run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("panic: %v", p)
			}
		}()
		done <- c.Run(ctx)
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(caseTimeout):
		return fmt.Errorf("has not returned within %v", caseTimeout)
	}
}

// All calls f n times at once and returns the first error.
func All(n int, f func(i int) error) error {
	errs := make([]error, n)
	var calls sync.WaitGroup
	for i := range n {
		calls.Go(func() { errs[i] = f(i) })
	}
	calls.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("call %d of %d: %w", i, n, err)
		}
	}
	return nil
}

// Equal complains unless got is want.
func Equal[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

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
