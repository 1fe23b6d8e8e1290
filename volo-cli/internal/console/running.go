package console

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// A running call is one that the page may still say something to.
type running struct {
	peer   *invoke.Peer
	method *invoke.Method
	cancel context.CancelCauseFunc
	over   <-chan struct{} // the call has ended

	messages chan []byte   // to be sent; unbuffered, so that who sends knows
	end      chan struct{} // closed when there are no more
	once     sync.Once
}

var (
	errCanceled = errors.New("canceled by the user")
	errStopped  = errors.New("the console has been stopped")
	errOver     = errors.New("console: the call has ended")
)

// next is [invoke.Call].Next.
func (r *running) next() ([]byte, error) {
	select {
	case text := <-r.messages:
		return text, nil
	case <-r.end:
		return nil, io.EOF
	case <-r.over:
		return nil, io.EOF
	}
}

// calls are those that run.
type calls struct {
	mu      sync.Mutex
	byID    map[string]*running
	stopped bool
	group   sync.WaitGroup
}

func (c *calls) add(r *running) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stopped:
		return "", &httpError{http.StatusServiceUnavailable, errStopped}
	case len(c.byID) >= maxCalls:
		return "", &httpError{http.StatusTooManyRequests, fmt.Errorf("console: %d calls run at once; cancel one", maxCalls)}
	case c.byID == nil:
		c.byID = make(map[string]*running)
	}
	id := rand.Text()
	c.byID[id] = r
	c.group.Add(1)
	return id, nil
}

func (c *calls) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byID, id)
	c.group.Done()
}

func (c *calls) find(id string) (*running, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.byID[id]; r != nil {
		return r, nil
	}
	return nil, &httpError{http.StatusNotFound, errOver}
}

// stop cancels all calls, lets no other begin, and waits until they have ended,
// for so long at most.
func (c *calls) stop(patience time.Duration) {
	c.mu.Lock()
	c.stopped = true
	for _, r := range c.byID {
		r.cancel(errStopped)
	}
	c.mu.Unlock()
	ended := make(chan struct{})
	go func() { c.group.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(patience):
	}
}
