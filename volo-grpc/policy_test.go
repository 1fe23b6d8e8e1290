package vologrpc_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

func TestRetry(t *testing.T) {
	unavailable := vologrpc.Errorf(vologrpc.Unavailable, "later")
	policy := vologrpc.RetryPolicy{Attempts: 4, Codes: []vologrpc.Code{vologrpc.Unavailable}}
	idempotent := policy
	idempotent.Idempotent = true
	many := policy
	many.Attempts = 100
	tests := []struct {
		what     string
		policy   vologrpc.RetryPolicy
		call     []vologrpc.CallOption
		fails    []error // of the first attempts; then it goes well
		code     vologrpc.Code
		attempts int
		min, max time.Duration
	}{
		{"at once", policy, nil, nil, vologrpc.OK, 1, 0, 0},
		{"at the second attempt", policy, nil, []error{unavailable}, vologrpc.OK, 2, 80 * time.Millisecond, 120 * time.Millisecond},
		{"at the last attempt", policy, nil, []error{unavailable, unavailable, unavailable}, vologrpc.OK, 4, 412 * time.Millisecond, 620 * time.Millisecond},
		{"not at all", policy, nil, []error{unavailable, unavailable, unavailable, unavailable}, vologrpc.Unavailable, 4, 412 * time.Millisecond, 620 * time.Millisecond},
		{"with another code", policy, nil, []error{vologrpc.Errorf(vologrpc.Internal, "no")}, vologrpc.Internal, 1, 0, 0},
		{"with more attempts than there may be", many, nil, []error{unavailable, unavailable, unavailable, unavailable, unavailable}, vologrpc.Unavailable, 5, 700 * time.Millisecond, 1100 * time.Millisecond},
		{"when it is told to", policy, nil, []error{unavailable.WithPushback(7 * time.Second)}, vologrpc.OK, 2, 7 * time.Second, 7 * time.Second},
		{"when it is told not to", policy, nil, []error{unavailable.WithPushback(-1)}, vologrpc.Unavailable, 1, 0, 0},
		{"not past the deadline", policy, []vologrpc.CallOption{vologrpc.CallTimeout(6 * time.Second)}, []error{unavailable.WithPushback(7 * time.Second)}, vologrpc.Unavailable, 1, 0, 0},
		{"not a call that is not idempotent", idempotent, nil, []error{unavailable}, vologrpc.Unavailable, 1, 0, 0},
		{"a call that is idempotent", idempotent, []vologrpc.CallOption{vologrpc.CallIdempotent()}, []error{unavailable}, vologrpc.OK, 2, 80 * time.Millisecond, 120 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				c := inMemory(t, notes{get: func(_ context.Context, in *note) (*note, error) {
					if attempts++; attempts <= len(tt.fails) {
						return nil, tt.fails[attempts-1]
					}
					return in, nil
				}}, nil, vologrpc.WithOuter(vologrpc.Retry(tt.policy))).with(tt.call...)
				begun := time.Now()
				got, err := c.get(context.Background(), "x")
				took := time.Since(begun)
				if vologrpc.CodeOf(err) != tt.code || attempts != tt.attempts || err == nil && got != "x" {
					t.Errorf("got %q and %v after %d attempts, want %v after %d", got, err, attempts, tt.code, tt.attempts)
				}
				if took < tt.min || took > tt.max {
					t.Errorf("it took %v, want %v to %v", took, tt.min, tt.max)
				}
			})
		})
	}
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempts, broken := 0, true
		c := inMemory(t, notes{get: func(_ context.Context, in *note) (*note, error) {
			attempts++
			if broken {
				return nil, vologrpc.Errorf(vologrpc.Unavailable, "later")
			}
			return in, nil
		}}, nil, vologrpc.WithOuter(vologrpc.Retry(vologrpc.RetryPolicy{
			Attempts: 3, Codes: []vologrpc.Code{vologrpc.Unavailable}, Throttle: vologrpc.NewThrottle(10, 1),
		})))
		count := func(calls int) int {
			attempts = 0
			for range calls {
				c.get(context.Background(), "")
			}
			return attempts
		}
		// Ten tokens: 9, 8, 7 and 6, 5 - which is no more than half.
		for i, want := range []int{3, 2, 1, 1} {
			if got := count(1); got != want {
				t.Errorf("call %d: got %d attempts, want %d", i, got, want)
			}
		}
		broken = false
		count(10)
		broken = true
		if got := count(1); got != 3 {
			t.Errorf("after it went well again: got %d attempts, want 3", got)
		}
	})
}

func TestServersTakeOnlySoManyCalls(t *testing.T) {
	entered, goOn := make(chan struct{}, 2), make(chan struct{})
	h := notes{get: func(_ context.Context, in *note) (*note, error) {
		entered <- struct{}{}
		<-goOn
		return in, nil
	}}
	refusing := dial(t, serve(t, h, vologrpc.WithMaxRequests(1)))
	queueing := dial(t, serve(t, h, vologrpc.WithMaxConcurrentStreams(1)))
	done := make(chan error, 4)
	call := func(c notesClient) {
		_, err := c.get(context.Background(), "")
		done <- err
	}
	go call(refusing)
	<-entered
	if _, err := refusing.get(soon(t), ""); vologrpc.CodeOf(err) != vologrpc.ResourceExhausted {
		t.Errorf("WithMaxRequests: got %v, want RESOURCE_EXHAUSTED", err)
	}
	go call(queueing)
	<-entered
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := queueing.get(ctx, ""); vologrpc.CodeOf(err) != vologrpc.DeadlineExceeded {
		t.Errorf("WithMaxConcurrentStreams: got %v, want DEADLINE_EXCEEDED: the call waits for a place", err)
	}
	select {
	case <-entered:
		t.Error("WithMaxConcurrentStreams: a second call runs")
	default:
	}
	close(goOn)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
