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
