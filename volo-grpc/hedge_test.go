package vologrpc_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/metainfo"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// An attemptScript is what the server does about one attempt: after a time it
// answers, with an error if there is one.
type attemptScript struct {
	after time.Duration
	err   error
}

// A hedgedServer follows scripts, one an attempt, and notes when each began,
// what it said of those before it, and which were cancelled.
type hedgedServer struct {
	scripts []attemptScript
	begun   time.Time

	mu        sync.Mutex
	times     []time.Duration
	previous  []string
	cancelled int
}

func (h *hedgedServer) get(ctx context.Context, in *note) (*note, error) {
	h.mu.Lock()
	n := len(h.times)
	h.times = append(h.times, time.Since(h.begun))
	value := vologrpc.MetadataFrom(ctx).Get("grpc-previous-rpc-attempts")
	h.previous = append(h.previous, value)
	script := h.scripts[min(n, len(h.scripts)-1)]
	h.mu.Unlock()
	select {
	case <-time.After(script.after):
	case <-ctx.Done():
		h.mu.Lock()
		h.cancelled++
		h.mu.Unlock()
		return nil, ctx.Err()
	}
	vologrpc.SetHeader(ctx, "attempt", string(rune('0'+n)))
	metainfo.SendBackward(ctx, "ATTEMPT", string(rune('0'+n)))
	return in, script.err
}

func TestHedge(t *testing.T) {
	const s = time.Second
	unavailable := vologrpc.Errorf(vologrpc.Unavailable, "later")
	policy := vologrpc.HedgePolicy{Attempts: 3, Delay: s, NonFatal: []vologrpc.Code{vologrpc.Unavailable}}
	atOnce, many, idempotent := policy, policy, policy
	atOnce.Delay, many.Attempts, idempotent.Idempotent = 0, 100, true
	tests := []struct {
		what      string
		policy    vologrpc.HedgePolicy
		scripts   []attemptScript // the last is that of all further attempts
		code      vologrpc.Code
		times     []time.Duration // when attempts begin
		took      time.Duration
		cancelled int
	}{
		{"an answer before the delay is over", policy, []attemptScript{{s / 2, nil}}, vologrpc.OK, []time.Duration{0}, s / 2, 0},
		{"the first attempt is the last to answer", policy, []attemptScript{{9 * s, nil}, {s / 2, nil}}, vologrpc.OK, []time.Duration{0, s}, 3 * s / 2, 1},
		{"the first attempt answers first", policy, []attemptScript{{5 * s / 2, nil}, {9 * s, nil}}, vologrpc.OK, []time.Duration{0, s, 2 * s}, 5 * s / 2, 2},
		{"all at once", atOnce, []attemptScript{{9 * s, nil}, {9 * s, nil}, {s, nil}}, vologrpc.OK, []time.Duration{0, 0, 0}, s, 2},
		{"no more than there may be", many, []attemptScript{{9 * s, nil}}, vologrpc.OK, []time.Duration{0, s, 2 * s, 3 * s, 4 * s}, 9 * s, 4},
		{"a failure begins the next attempt", policy, []attemptScript{{s / 2, unavailable}, {0, nil}}, vologrpc.OK, []time.Duration{0, s / 2}, s / 2, 0},
		{"a failure begins the delay anew", policy, []attemptScript{{s / 2, unavailable}, {9 * s, nil}}, vologrpc.OK, []time.Duration{0, s / 2, 3 * s / 2}, 19 * s / 2, 1},
		{"all fail", policy, []attemptScript{{0, unavailable}}, vologrpc.Unavailable, []time.Duration{0, 0, 0}, 0, 0},
		{"another failure decides", policy, []attemptScript{{9 * s, nil}, {s / 2, vologrpc.Errorf(vologrpc.Internal, "no")}}, vologrpc.Internal, []time.Duration{0, s}, 3 * s / 2, 1},
		{"the peer says when", policy, []attemptScript{{0, unavailable.WithPushback(7 * s)}, {0, nil}}, vologrpc.OK, []time.Duration{0, 7 * s}, 7 * s, 0},
		{"the peer forbids more, one is open", policy, []attemptScript{{3 * s / 2, unavailable.WithPushback(-1)}, {5 * s, nil}}, vologrpc.OK, []time.Duration{0, s}, 6 * s, 0},
		{"the peer forbids more, none is open", policy, []attemptScript{{s / 2, unavailable.WithPushback(-1)}}, vologrpc.Unavailable, []time.Duration{0}, s / 2, 0},
		{"a call that is not idempotent", idempotent, []attemptScript{{9 * s, nil}}, vologrpc.OK, []time.Duration{0}, 9 * s, 0},
		{"out of time", policy, []attemptScript{{time.Hour, nil}}, vologrpc.DeadlineExceeded, []time.Duration{0, s, 2 * s}, time.Minute, 3},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hedgedServer{scripts: tt.scripts}
				c := inMemory(t, notes{get: h.get}, nil, vologrpc.WithOuter(vologrpc.Hedge(tt.policy)), vologrpc.WithTimeout(time.Minute))
				h.begun = time.Now()
				var received vologrpc.Received
				ctx := metainfo.WithBackward(vologrpc.WithReceived(context.Background(), &received))
				got, err := c.get(ctx, "x")
				took := time.Since(h.begun)
				synctest.Wait()
				h.mu.Lock()
				defer h.mu.Unlock()
				if vologrpc.CodeOf(err) != tt.code || err == nil && got != "x" {
					t.Errorf("got %q and %v, want %v", got, err, tt.code)
				}
				if took != tt.took || !slices.Equal(h.times, tt.times) || h.cancelled != tt.cancelled {
					t.Errorf("took %v, attempts at %v, %d cancelled; want %v, %v, %d", took, h.times, h.cancelled, tt.took, tt.times, tt.cancelled)
				}
				slices.Sort(h.previous)
				if want := []string{"", "1", "2", "3", "4"}[:len(h.times)]; !slices.Equal(h.previous, want) {
					t.Errorf("grpc-previous-rpc-attempts is %q, want %q", h.previous, want)
				}
				if err == nil {
					header := received.Header.Get("attempt")
					back, _ := metainfo.Backward(ctx, "ATTEMPT")
					if header == "" || header != back {
						t.Errorf("beside the answer came header %q and backward %q of an attempt", header, back)
					}
				}
			})
		})
	}
}

func TestHedgesAreThrottled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hedgedServer{scripts: []attemptScript{{0, vologrpc.Errorf(vologrpc.Unavailable, "later")}}}
		c := inMemory(t, notes{get: h.get}, nil, vologrpc.WithOuter(vologrpc.Hedge(vologrpc.HedgePolicy{
			Attempts: 3, NonFatal: []vologrpc.Code{vologrpc.Unavailable}, Throttle: vologrpc.NewThrottle(10, 1),
			Delay: time.Second,
		})))
		// Ten tokens, as of retries.
		for i, want := range []int{3, 2, 1, 1} {
			h.times = nil
			c.get(context.Background(), "")
			if got := len(h.times); got != want {
				t.Errorf("call %d: got %d attempts, want %d", i, got, want)
			}
		}
		h.times, h.scripts = nil, []attemptScript{{9 * time.Second, nil}}
		if _, err := c.get(context.Background(), ""); err != nil || len(h.times) != 1 {
			t.Errorf("a slow call: got %d attempts and %v, want 1", len(h.times), err)
		}
	})
}

func TestHedgesAreOverWhenTheCallIs(t *testing.T) {
	open := 0 // only this goroutine's, if all have returned
	var mu sync.Mutex
	inner := func(next vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			mu.Lock()
			n := open
			open++
			mu.Unlock()
			defer func() { mu.Lock(); open--; mu.Unlock() }()
			if n > 0 {
				return nil, vologrpc.Errorf(vologrpc.Internal, "first")
			}
			<-ctx.Done()
			if cause := context.Cause(ctx); cause == nil || errors.Is(cause, context.DeadlineExceeded) {
				t.Errorf("the loser ends because of %v", cause)
			}
			time.Sleep(time.Second) // so slow are some layers
			return nil, ctx.Err()
		})
	}
	synctest.Test(t, func(t *testing.T) {
		c := inMemory(t, echo, nil, vologrpc.WithOuter(vologrpc.Hedge(vologrpc.HedgePolicy{Attempts: 2})), vologrpc.WithInner(inner))
		if _, err := c.get(context.Background(), ""); vologrpc.CodeOf(err) != vologrpc.Internal {
			t.Errorf("got %v, want INTERNAL", err)
		}
		if open != 0 {
			t.Errorf("%d attempts are open", open)
		}
	})
}

func TestAPanicOfAnAttemptIsTheCallers(t *testing.T) {
	inner := func(vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(context.Context, *vologrpc.Request) (*vologrpc.Response, error) { panic("oh") })
	}
	synctest.Test(t, func(t *testing.T) {
		c := inMemory(t, echo, nil, vologrpc.WithOuter(vologrpc.Hedge(vologrpc.HedgePolicy{Attempts: 2, Delay: time.Hour})), vologrpc.WithInner(inner))
		defer func() {
			if got := recover(); got != "oh" {
				t.Errorf("got %v, want oh", got)
			}
		}()
		c.get(context.Background(), "")
	})
}
