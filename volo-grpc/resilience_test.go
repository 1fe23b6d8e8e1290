package vologrpc_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/fallback"
	"github.com/volo-go/volo/motore/hedge"
	"github.com/volo-go/volo/motore/limit"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

func TestOutcome(t *testing.T) {
	remote := func(code vologrpc.Code) *vologrpc.Error {
		return &vologrpc.Error{Phase: vologrpc.PhaseRemote, Code: code}
	}
	for _, c := range []struct {
		what string
		err  error
		want rpc.Outcome
	}{
		{"a request that cannot be encoded", &vologrpc.Error{Phase: vologrpc.PhaseEncode, Unsent: true, Code: vologrpc.Internal}, rpc.Rejected},
		{"a dial that fails", &vologrpc.Error{Phase: vologrpc.PhaseDial, Unsent: true, Code: vologrpc.Unavailable}, rpc.Unsent},
		{"a dial that the caller gave up", &vologrpc.Error{Phase: vologrpc.PhaseDial, Unsent: true, Code: vologrpc.Canceled}, rpc.Canceled},
		{"a connection that breaks", &vologrpc.Error{Phase: vologrpc.PhaseRead, Code: vologrpc.Unavailable}, rpc.Lost},
		{"time that runs out", &vologrpc.Error{Phase: vologrpc.PhaseRead, Code: vologrpc.DeadlineExceeded}, rpc.Lost},
		{"an answer that is garbled", &vologrpc.Error{Phase: vologrpc.PhaseDecode, Code: vologrpc.Internal}, rpc.Lost},
		{"UNAVAILABLE", remote(vologrpc.Unavailable), rpc.Failed},
		{"RESOURCE_EXHAUSTED", remote(vologrpc.ResourceExhausted), rpc.Failed},
		{"INTERNAL", remote(vologrpc.Internal), rpc.Failed},
		{"UNKNOWN", remote(vologrpc.Unknown), rpc.Failed},
		{"DATA_LOSS", remote(vologrpc.DataLoss), rpc.Failed},
		{"DEADLINE_EXCEEDED", remote(vologrpc.DeadlineExceeded), rpc.Lost},
		{"CANCELLED", remote(vologrpc.Canceled), rpc.Canceled},
		{"UNIMPLEMENTED", remote(vologrpc.Unimplemented), rpc.Rejected},
		{"UNAUTHENTICATED", remote(vologrpc.Unauthenticated), rpc.Rejected},
		{"NOT_FOUND", remote(vologrpc.NotFound), rpc.Answered},
		{"ABORTED", remote(vologrpc.Aborted), rpc.Answered},
		{"FAILED_PRECONDITION", remote(vologrpc.FailedPrecondition), rpc.Answered},
	} {
		if got := rpc.OutcomeOf(c.err); got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, got, c.want)
		}
	}
}

func once() vologrpc.ServerOption {
	return vologrpc.WithLayers(vologrpc.LimitRate(limit.RateConfig{PerSecond: 0.001}))
}

func TestARefusalTravels(t *testing.T) {
	for _, stream := range []bool{false, true} {
		c := dial(t, serve(t, echo, once()))
		call := func() error {
			if !stream {
				_, err := c.get(soon(t), "k")
				return err
			}
			s, err := c.list(soon(t), "k")
			if err == nil {
				defer s.Close()
				_, err = s.Recv()
			}
			return err
		}
		if err := call(); err != nil {
			t.Fatal(err)
		}
		err := call()
		e, _ := errors.AsType[*vologrpc.Error](err)
		if e == nil || e.Code != vologrpc.ResourceExhausted || e.Phase != vologrpc.PhaseRemote || rpc.OutcomeOf(err) != rpc.Unsent ||
			!strings.Contains(err.Error(), "more than 0.001 calls a second") {
			t.Fatalf("stream %v: got %v, %v, want a refusal that says why", stream, err, rpc.OutcomeOf(err))
		}
		if d, said := e.RetryAfter(); !said || d < 900*time.Second || d > 1000*time.Second {
			t.Errorf("stream %v: got retry after %v, %v, want 1000s", stream, d, said)
		}
	}
}

func TestWhatOneRefusesAnotherDoes(t *testing.T) {
	var strictly, freely atomic.Int32
	count := func(n *atomic.Int32) notes {
		return notes{get: func(_ context.Context, in *note) (*note, error) { n.Add(1); return in, nil }}
	}
	a, b := rpc.TCP(serve(t, count(&strictly), once())), rpc.TCP(serve(t, count(&freely)))
	c := dial(t, "notes", vologrpc.WithDiscoverer(discovery.Static(a, b)), vologrpc.WithBalancer(loadbalance.RoundRobin()))
	for range 10 {
		if got, err := c.get(soon(t), "k"); got != "k" || err != nil {
			t.Errorf("got %q, %v, want k", got, err)
		}
	}
	if strictly.Load() != 1 || freely.Load() != 9 {
		t.Errorf("the calls were handled %d and %d times, want once and 9 times", strictly.Load(), freely.Load())
	}
}

// A refusal says that nothing was done. Who passes it on has done something.
func TestARefusalIsNotPassedOn(t *testing.T) {
	far := dial(t, serve(t, echo, once()))
	pass := notes{get: func(ctx context.Context, in *note) (*note, error) {
		v, err := far.get(ctx, in.Value)
		return of(v), err
	}}
	near := dial(t, serve(t, pass))
	if _, err := near.get(soon(t), "k"); err != nil {
		t.Fatal(err)
	}
	_, err := near.get(soon(t), "k")
	e, _ := errors.AsType[*vologrpc.Error](err)
	if e == nil || rpc.OutcomeOf(err) != rpc.Failed {
		t.Fatalf("got %v, %v, want it failed", err, rpc.OutcomeOf(err))
	}
	if d, said := e.RetryAfter(); said {
		t.Errorf("got retry after %v, want no word of it", d)
	}
}

func TestABreakerKeepsCallsFromWhatIsDown(t *testing.T) {
	down, up := rpc.TCP(closedPort(t)), rpc.TCP(serve(t, echo))
	circuits := new(breaker.Circuits)
	guard := vologrpc.WithInner(vologrpc.Breaker(breaker.Config{Consecutive: 3, OpenTime: time.Hour, MaxOpenTime: time.Hour, Circuits: circuits}))
	c := dial(t, "notes", vologrpc.WithDiscoverer(discovery.Static(down, up)), vologrpc.WithBalancer(loadbalance.RoundRobin()), guard)
	for range 20 {
		if _, err := c.get(soon(t), "k"); err != nil {
			t.Errorf("got %v, want it to go to the other one", err)
		}
	}
	states := map[rpc.Address]breaker.State{}
	for s := range circuits.All() {
		states[s.Key.Address] = s.State
	}
	if states[down] != breaker.Open || states[up] != breaker.Closed || len(states) != 2 {
		t.Errorf("got circuits %v, want that of %v open", states, down)
	}
	alone := dial(t, "notes", vologrpc.WithDiscoverer(discovery.Static(down)), guard)
	_, err := alone.get(soon(t), "k")
	if _, open := errors.AsType[*breaker.Error](err); !open || vologrpc.CodeOf(err) != vologrpc.Unavailable {
		t.Errorf("got %v, want UNAVAILABLE for an open circuit", err)
	}
}

func TestRetryAlongAChain(t *testing.T) {
	var calls atomic.Int32
	again := vologrpc.WithOuter(vologrpc.RetryOutcome(retry.Config{Attempts: 3, Backoff: retry.Backoff{Base: 1},
		Retryable: func(_ *rpc.Info, err error) bool { return rpc.OutcomeOf(err) == rpc.Failed }}))
	pass := func(c notesClient) notes {
		return notes{get: func(ctx context.Context, in *note) (*note, error) {
			v, err := c.get(ctx, in.Value)
			return of(v), err
		}}
	}
	third := dial(t, serve(t, notes{get: func(context.Context, *note) (*note, error) {
		calls.Add(1)
		return nil, errors.New("down")
	}}), again)
	second := dial(t, serve(t, pass(third)), again)
	first := dial(t, serve(t, pass(second)), again)
	_, err := first.get(soon(t), "k")
	if e, ok := errors.AsType[*retry.Error](err); !ok || e.Attempts != 3 || vologrpc.CodeOf(err) != vologrpc.Unknown {
		t.Errorf("got %v, want three attempts", err)
	}
	if got := calls.Load(); got != 3+1+1+1+1 {
		t.Errorf("the last of three services got %d calls, want 7: further attempts are not multiplied", got)
	}
}

func TestALostCallIsMadeAgainIfIdempotent(t *testing.T) {
	for _, idempotent := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			c := inMemory(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
				if calls.Add(1) == 1 {
					<-ctx.Done()
				}
				return in, ctx.Err()
			}}, nil, vologrpc.WithOuter(vologrpc.RetryOutcome(retry.Config{}), vologrpc.Timeout(50*time.Millisecond)))
			if idempotent {
				c = c.with(vologrpc.CallIdempotent())
			}
			if got, err := c.get(soon(t), "k"); (err == nil && got == "k") != idempotent {
				t.Errorf("idempotent %v: got %q, %v", idempotent, got, err)
			}
		})
	}
}

func TestHedgeIdempotentTakesTheOtherAnswer(t *testing.T) {
	var calls atomic.Int32
	c := dial(t, serve(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
		n := calls.Add(1)
		metainfo.SendBackward(ctx, "ATTEMPT", strconv.Itoa(int(n)))
		if n == 1 {
			<-ctx.Done()
		}
		return of(in.Value + strconv.Itoa(int(n))), ctx.Err()
	}}), vologrpc.WithOuter(vologrpc.HedgeIdempotent(hedge.Config{Delay: 10 * time.Millisecond})))
	ctx := metainfo.WithBackward(soon(t))
	got, err := c.with(vologrpc.CallIdempotent()).get(ctx, "k")
	back, _ := metainfo.Backward(ctx, "ATTEMPT")
	if got != "k2" || err != nil || back != "2" {
		t.Errorf("got %q, %v and %q beside it, want the second answer", got, err, back)
	}
}

func TestCollapsedCallsShareOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		begun, release := make(chan struct{}, 10), make(chan struct{})
		c := inMemory(t, notes{get: func(_ context.Context, in *note) (*note, error) {
			calls.Add(1)
			begun <- struct{}{}
			<-release
			return in, nil
		}}, nil, vologrpc.WithOuter(vologrpc.Collapse(func(context.Context, *vologrpc.Request) string { return "same" })))
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			in := of("k")
			if err := c.Unary(ctx, methodGet, in, new(note)); vologrpc.CodeOf(err) != vologrpc.Canceled {
				t.Errorf("got %v, want it canceled", err)
			}
			in.Value = "it is the caller's again"
		}()
		<-begun
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if got, err := c.get(soon(t), "k"); got != "k" || err != nil {
					t.Errorf("got %q, %v, want k", got, err)
				}
			})
		}
		synctest.Wait() // all of them do
		cancel()
		<-gone
		close(release)
		wg.Wait()
		if got := calls.Load(); got != 1 {
			t.Errorf("got %d calls, want one for all", got)
		}
	})
}

func TestFallbackAnswers(t *testing.T) {
	c := dial(t, closedPort(t), vologrpc.WithOuter(vologrpc.Fallback(fallback.Config[*vologrpc.Request, *vologrpc.Response]{
		Respond: func(_ context.Context, req *vologrpc.Request, _ error) (*vologrpc.Response, error) {
			return req.NewResponse(of("instead")), nil
		},
	})))
	if got, err := c.get(soon(t), "k"); got != "instead" || err != nil {
		t.Errorf("got %q, %v, want instead", got, err)
	}
}

func TestLayersWaitWithinTheTimeOfACall(t *testing.T) {
	for what, layer := range map[string]vologrpc.Layer{
		"RetryOutcome":     vologrpc.RetryOutcome(retry.Config{Backoff: retry.Backoff{Base: time.Hour, Max: time.Hour}}),
		"LimitRate":        vologrpc.LimitRate(limit.RateConfig{PerSecond: 0.001, MaxWait: time.Hour}),
		"LimitConcurrency": vologrpc.LimitConcurrency(limit.ConcurrencyConfig{Max: 1, Queue: 9, MaxWait: time.Hour}),
	} {
		for _, by := range []string{"client", "call", "service config"} {
			synctest.Test(t, func(t *testing.T) {
				opts := []vologrpc.ClientOption{vologrpc.WithOuter(layer)}
				switch by {
				case "client":
					opts = append(opts, vologrpc.WithTimeout(time.Second))
				case "service config":
					opts = append(opts, vologrpc.WithServiceConfig(&vologrpc.ServiceConfig{Methods: []vologrpc.MethodConfig{{Timeout: time.Second, Names: []vologrpc.MethodName{{}}}}}))
				}
				c := inMemory(t, notes{get: func(context.Context, *note) (*note, error) {
					time.Sleep(10 * time.Millisecond)
					return nil, &vologrpc.Error{Code: vologrpc.Unavailable}
				}}, nil, opts...)
				if c = c.with(vologrpc.CallIdempotent()); by == "call" {
					c = c.with(vologrpc.CallTimeout(time.Second))
				}
				var wg sync.WaitGroup
				for range 3 {
					wg.Go(func() {
						start := time.Now()
						_, err := c.get(t.Context(), "k")
						if took := time.Since(start); err == nil || took > 1100*time.Millisecond {
							t.Errorf("%s, by %s: got %v after %v, want an error within the second that the call has", what, by, err, took)
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

func TestACallerWhoGoesInAPauseHasCanceled(t *testing.T) {
	for _, layer := range []vologrpc.Layer{
		vologrpc.RetryOutcome(retry.Config{Backoff: retry.Backoff{Base: time.Hour, Max: time.Hour}}),
		vologrpc.Retry(vologrpc.RetryPolicy{Attempts: 2, Codes: []vologrpc.Code{vologrpc.Unavailable}, Backoff: vologrpc.Backoff{Base: time.Hour, Max: time.Hour}}),
	} {
		synctest.Test(t, func(t *testing.T) {
			c := inMemory(t, notes{get: func(context.Context, *note) (*note, error) {
				return nil, &vologrpc.Error{Code: vologrpc.Unavailable}
			}}, nil, vologrpc.WithOuter(layer))
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Nanosecond, cancel)
			if _, err := c.with(vologrpc.CallIdempotent()).get(ctx, "k"); vologrpc.CodeOf(err) != vologrpc.Canceled || rpc.OutcomeOf(err) != rpc.Canceled {
				t.Errorf("got %v, %v, want it canceled", err, rpc.OutcomeOf(err))
			}
		})
	}
}

func TestAHandlerThatEndsItsGoroutineAnswers(t *testing.T) {
	c := dial(t, serve(t, notes{get: func(context.Context, *note) (*note, error) {
		runtime.Goexit()
		return nil, nil
	}}))
	if _, err := c.get(soon(t), "k"); vologrpc.CodeOf(err) != vologrpc.Internal {
		t.Errorf("got %v, want INTERNAL", err)
	}
}

// brokenError is an error whose nil pointer has no message.
type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text }

func TestAnErrorThatPanicsFailsTheCall(t *testing.T) {
	var panics atomic.Int32
	broken := notes{get: func(context.Context, *note) (*note, error) {
		var e *brokenError
		return nil, e
	}}
	c := dial(t, serve(t, broken, vologrpc.OnPanic(func(_ context.Context, p recovery.Panic) error {
		panics.Add(1)
		return vologrpc.Errorf(vologrpc.DataLoss, "%v", p.Value)
	})))
	for range 2 {
		if _, err := c.get(soon(t), "k"); vologrpc.CodeOf(err) != vologrpc.DataLoss {
			t.Errorf("got %v, want what OnPanic says", err)
		}
	}
	if panics.Load() != 2 {
		t.Errorf("OnPanic was called %d times, want 2", panics.Load())
	}
}
