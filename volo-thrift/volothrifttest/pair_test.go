package volothrifttest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

// An audit is a handler made of functions.
type audit struct {
	get  func(ctx context.Context, key string) (string, error)
	last func(ctx context.Context) (string, error)
}

func (a audit) Get(ctx context.Context, key string) (string, error) { return a.get(ctx, key) }
func (a audit) Last(ctx context.Context) (string, error)            { return a.last(ctx) }

func newClient(t testing.TB, p *volothrifttest.Pair, opts ...volothrift.ClientOption) *storethrift.AuditClient {
	t.Helper()
	c, err := storethrift.NewAuditClient(p.Target(), p.ClientOptions(opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestPairCarriesCallsOfEveryProtocol(t *testing.T) {
	for name, opts := range map[string][]volothrift.ClientOption{
		"multiplexed": nil,
		"ping-pong":   {volothrift.WithPingPong(volothrift.PoolConfig{})},
		"framed":      {volothrift.WithProtocol(volothrift.Framed)},
		"unframed":    {volothrift.WithProtocol(volothrift.Unframed)},
	} {
		t.Run(name, func(t *testing.T) {
			pair := volothrifttest.New(t, storethrift.NewAuditService(audit{
				get: func(_ context.Context, key string) (string, error) { return "value of " + key, nil },
			}))
			c := newClient(t, pair, opts...)
			for range 3 {
				if got, err := c.Get(t.Context(), "a"); got != "value of a" || err != nil {
					t.Fatalf("Get returned %q, %v; want the value of a", got, err)
				}
			}
		})
	}
}

func TestPairWorksInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := volothrifttest.New(t, storethrift.NewAuditService(audit{
			last: func(ctx context.Context) (string, error) {
				<-ctx.Done()
				return "", context.Cause(ctx)
			},
		}))
		c := newClient(t, pair, volothrift.WithTimeout(time.Hour))
		start := time.Now()
		_, err := c.Last(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Hour {
			t.Errorf("the call ended after %v with %v; want the deadline after an hour", time.Since(start), err)
		}
	})
}

func TestPairsServerCanBeShutDownInTheTest(t *testing.T) {
	pair := volothrifttest.New(t, storethrift.NewAuditService(audit{}))
	if err := pair.Server().Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := newClient(t, pair).Last(t.Context())
	var e *volothrift.Error
	if !errors.As(err, &e) || e.Phase != volothrift.PhaseDial || !e.Unsent {
		t.Errorf("calling a closed server gave %v; want a dial error, unsent", err)
	}
}

// A record stands in for a test that is expected to fail.
type record struct {
	testing.TB
	mu       sync.Mutex
	failures []string
	cleanups []func()
}

func (r *record) Helper()           {}
func (r *record) Output() io.Writer { return io.Discard }
func (r *record) Cleanup(f func())  { r.cleanups = append(r.cleanups, f) }
func (r *record) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func (r *record) end() {
	for i := len(r.cleanups) - 1; i >= 0; i-- {
		r.cleanups[i]()
	}
}

func TestPairFailsTheTestFor(t *testing.T) {
	hold := make(chan struct{})
	for _, tt := range []struct {
		what string
		last func(ctx context.Context) (string, error)
		want string // in the failure; "" for none
	}{
		{"nothing, if the handler behaves", func(context.Context) (string, error) { return "", nil }, ""},
		{"a goroutine that a handler has left behind", func(context.Context) (string, error) {
			go func() { <-hold }()
			return "", nil
		}, "TestPairFailsTheTestFor"},
		{"nothing, if a goroutine ends with the handler's context", func(ctx context.Context) (string, error) {
			go func() { <-ctx.Done() }()
			return "", nil
		}, ""},
		{"a handler that does not look at its context", func(context.Context) (string, error) {
			<-hold
			return "", nil
		}, "has not returned"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			// Real time would make the test wait for the package's patience; the
			// bubble ends only if everything does, which hold sees to.
			synctest.Test(t, func(t *testing.T) {
				hold = make(chan struct{})
				r := &record{TB: t}
				pair := volothrifttest.New(r, storethrift.NewAuditService(audit{last: tt.last}))
				c := newClient(r, pair, volothrift.WithTimeout(time.Second))
				c.Last(t.Context())
				r.end()
				close(hold)
				if got := strings.Join(r.failures, "\n"); (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
					t.Errorf("the failure is %q, want it to contain %q", got, tt.want)
				}
			})
		})
	}
}

func TestPairOfAClientThatAHandlerCallsFirst(t *testing.T) {
	back := volothrifttest.New(t, storethrift.NewAuditService(audit{
		last: func(context.Context) (string, error) { return "", &volothrift.BizError{Status: 1, Message: "empty"} },
	}))
	c := newClient(t, back)
	front := volothrifttest.New(t, storethrift.NewAuditService(audit{last: c.Last}))
	_, err := newClient(t, front).Last(t.Context())
	var biz *volothrift.BizError
	if !errors.As(err, &biz) {
		t.Errorf("two hops gave %v; want the business error of the second", err)
	}
}
