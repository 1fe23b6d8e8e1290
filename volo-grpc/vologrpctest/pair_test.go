package vologrpctest_test

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

	"google.golang.org/protobuf/types/known/wrapperspb"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/vologrpctest"
)

func TestPairCarriesCallsAndStreams(t *testing.T) {
	for name, opts := range map[string][]vologrpc.ClientOption{
		"one connection":      nil,
		"several connections": {vologrpc.WithConnections(3)},
		"compressed":          {vologrpc.WithCompression("gzip")},
	} {
		t.Run(name, func(t *testing.T) {
			pair := vologrpctest.New(t, newAuditService(audit{
				get: func(_ context.Context, key string) (string, error) { return "value of " + key, nil },
				watch: func(_ context.Context, s *vologrpc.Sender[text]) error {
					return errors.Join(s.Send(wrapperspb.String("a")), s.Send(wrapperspb.String("b")))
				},
			}))
			c := newClient(t, pair, opts...)
			for range 5 {
				if got, err := c.Get(t.Context(), "a"); got != "value of a" || err != nil {
					t.Fatalf("Get returned %q, %v; want the value of a", got, err)
				}
			}
			s, err := vologrpc.OpenServerStream[text](t.Context(), c.Client, methodWatch, new(text))
			if err != nil {
				t.Fatal(err)
			}
			all := ""
			for m, err := range s.All() {
				if err != nil {
					t.Fatal(err)
				}
				all += m.Value
			}
			if all != "ab" {
				t.Errorf("Watch returned %q, want ab", all)
			}
		})
	}
}

func TestPairWorksInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := vologrpctest.New(t, newAuditService(audit{
			get: func(ctx context.Context, _ string) (string, error) {
				<-ctx.Done()
				return "", context.Cause(ctx)
			},
		}))
		c := newClient(t, pair, vologrpc.WithTimeout(time.Hour))
		start := time.Now()
		_, err := c.Get(t.Context(), "")
		if vologrpc.CodeOf(err) != vologrpc.DeadlineExceeded || time.Since(start) != time.Hour {
			t.Errorf("the call ended after %v with %v; want the deadline after an hour", time.Since(start), err)
		}
	})
}

func TestPairsServerCanBeShutDownInTheTest(t *testing.T) {
	pair := vologrpctest.New(t, newAuditService(audit{}))
	if err := pair.Server().Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := newClient(t, pair).Get(t.Context(), ""); vologrpc.CodeOf(err) != vologrpc.Unavailable {
		t.Errorf("calling a closed server gave %v; want UNAVAILABLE", err)
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
	var hold chan struct{}
	for _, tt := range []struct {
		what string
		get  func(ctx context.Context, _ string) (string, error)
		want string // in the failure; "" for none
	}{
		{"nothing, if the handler behaves", func(context.Context, string) (string, error) { return "", nil }, ""},
		{"a goroutine that a handler has left behind", func(context.Context, string) (string, error) {
			go func() { <-hold }()
			return "", nil
		}, "TestPairFailsTheTestFor"},
		{"nothing, if a goroutine ends with the handler's context", func(ctx context.Context, _ string) (string, error) {
			go func() { <-ctx.Done() }()
			return "", nil
		}, ""},
		{"a handler that does not look at its context", func(context.Context, string) (string, error) {
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
				pair := vologrpctest.New(r, newAuditService(audit{get: tt.get}))
				c := newClient(r, pair, vologrpc.WithTimeout(time.Second))
				c.Get(t.Context(), "")
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
	back := vologrpctest.New(t, newAuditService(audit{
		get: func(context.Context, string) (string, error) { return "", vologrpc.Errorf(vologrpc.NotFound, "nobody") },
	}))
	c := newClient(t, back)
	front := vologrpctest.New(t, newAuditService(audit{get: c.Get}))
	if _, err := newClient(t, front).Get(t.Context(), ""); vologrpc.CodeOf(err) != vologrpc.NotFound {
		t.Errorf("two hops gave %v; want the status of the second", err)
	}
}
