package volothrift_test

import (
	"context"
	"errors"
	"fmt"
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
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

func TestOutcome(t *testing.T) {
	remote := func(typ thrift.ExceptionType) *volothrift.Error {
		return &volothrift.Error{Phase: volothrift.PhaseRemote, Err: &thrift.ApplicationException{Type: typ}}
	}
	for _, c := range []struct {
		what string
		err  error
		want rpc.Outcome
	}{
		{"arguments that cannot be encoded", &volothrift.Error{Phase: volothrift.PhaseEncode, Unsent: true, Err: errors.New("too long")}, rpc.Rejected},
		{"a dial that fails", &volothrift.Error{Phase: volothrift.PhaseDial, Unsent: true, Err: errors.New("refused")}, rpc.Unsent},
		{"a dial that the caller gave up", &volothrift.Error{Phase: volothrift.PhaseDial, Unsent: true, Err: context.Canceled}, rpc.Canceled},
		{"a connection that breaks", &volothrift.Error{Phase: volothrift.PhaseRead, Err: errors.New("reset")}, rpc.Lost},
		{"time that runs out", &volothrift.Error{Phase: volothrift.PhaseRead, Err: context.DeadlineExceeded}, rpc.Lost},
		{"an answer that is garbled", &volothrift.Error{Phase: volothrift.PhaseDecode, Err: errors.New("truncated")}, rpc.Lost},
		{"a business error", &volothrift.BizError{Status: 1}, rpc.Answered},
		{"an internal error", remote(thrift.InternalError), rpc.Failed},
		{"an exception of no known type", remote(1234), rpc.Failed},
		{"a missing result", remote(thrift.MissingResult), rpc.Failed},
		{"an unknown method", remote(thrift.UnknownMethod), rpc.Rejected},
		{"arguments that the peer cannot decode", remote(thrift.ProtocolError), rpc.Rejected},
		{"arguments that are not valid", remote(thrift.ValidationFailed), rpc.Rejected},
		{"a refusal", remote(volothrift.Refused), rpc.Unsent},
		{"a refusal of our own", &volothrift.RefusedError{Message: "full"}, rpc.Unsent},
	} {
		if got := rpc.OutcomeOf(c.err); got != c.want {
			t.Errorf("%s: got %v, want %v", c.what, got, c.want)
		}
	}
}

// strict serves one call and refuses all that follow.
func strict(t *testing.T, h handler) *volothrifttest.Pair {
	return serve(t, h, volothrift.WithLayers(volothrift.LimitRate(limit.RateConfig{PerSecond: 0.001})))
}

func TestARefusalTravels(t *testing.T) {
	for _, p := range protocols {
		c := dial(t, strict(t, handler{}), p.opts...)
		mustGet(t, c, "k")
		_, err := c.Get(t.Context(), "k")
		e := asError(t, err)
		if rpc.OutcomeOf(err) != rpc.Unsent || e.Phase != volothrift.PhaseRemote || !strings.Contains(err.Error(), "more than 0.001 calls a second") {
			t.Errorf("%s: got %v, %v, want a refusal that says why", p.name, err, rpc.OutcomeOf(err))
		}
		d, said := e.RetryAfter()
		if said != p.header || said && (d < 900*time.Second || d > 1000*time.Second) {
			t.Errorf("%s: got retry after %v, %v, want 1000s where there is a header", p.name, d, said)
		}
	}
}

func TestWhatOneRefusesAnotherDoes(t *testing.T) {
	for _, p := range protocols {
		var strictly, freely atomic.Int32
		count := func(n *atomic.Int32) handler {
			return handler{get: func(_ context.Context, key string) (string, error) { n.Add(1); return key, nil }}
		}
		pairs := map[rpc.Address]*volothrifttest.Pair{one: strict(t, count(&strictly)), other: serve(t, count(&freely))}
		c := newClient(t, "store", append(p.opts, volothrift.WithDiscoverer(discovery.Static(one, other)), volothrift.WithBalancer(loadbalance.RoundRobin()),
			volothrift.WithDialer(func(ctx context.Context, a rpc.Address) (*transport.Conn, error) { return pairs[a].Dial(ctx, a) }))...)
		for range 10 {
			mustGet(t, c, "k")
		}
		if strictly.Load() != 1 || freely.Load() != 9 {
			t.Errorf("%s: the calls were handled %d and %d times, want once and 9 times", p.name, strictly.Load(), freely.Load())
		}
	}
}

// A refusal says that nothing was done. Who passes it on has done something.
func TestARefusalIsNotPassedOn(t *testing.T) {
	far := dial(t, strict(t, handler{}))
	mustGet(t, far, "k")
	near := dial(t, serve(t, handler{get: far.Get}))
	_, err := near.Get(t.Context(), "k")
	if got := rpc.OutcomeOf(err); got != rpc.Failed {
		t.Errorf("got %v, %v, want it failed", err, got)
	}
}

func TestLimitsOfAClient(t *testing.T) {
	c := dial(t, serve(t, handler{}), volothrift.WithInner(volothrift.LimitRate(limit.RateConfig{PerSecond: 0.001})))
	mustGet(t, c, "k")
	_, err := c.Get(t.Context(), "k")
	if e := asError(t, err); e.Phase != volothrift.PhasePick || !e.Unsent || rpc.OutcomeOf(err) != rpc.Unsent {
		t.Errorf("got %v, want a call that was not sent", err)
	}
	if d, said := asError(t, err).RetryAfter(); !said || d < 900*time.Second {
		t.Errorf("got retry after %v, %v, want what the limit says", d, said)
	}
}

func TestABreakerKeepsCallsFromWhatIsDown(t *testing.T) {
	cl := newCluster(t, one, other)
	cl.dead[one].Store(true)
	var dials atomic.Int32
	c := newClient(t, "store", volothrift.WithDiscoverer(discovery.Static(one, other)), volothrift.WithBalancer(loadbalance.RoundRobin()),
		volothrift.WithDialer(func(ctx context.Context, a rpc.Address) (*transport.Conn, error) {
			if a == one {
				dials.Add(1)
			}
			return cl.dial(ctx, a)
		}),
		volothrift.WithInner(volothrift.Breaker(breaker.Config{Consecutive: 3, OpenTime: time.Hour, MaxOpenTime: time.Hour})))
	for range 50 {
		mustGet(t, c, "k")
	}
	if got := dials.Load(); got != 3 {
		t.Errorf("got %d dials of the one that is down, want 3", got)
	}
	cl.dead[other].Store(true)
	cl.servers[other].Server().Close()
	var err error
	for range 10 {
		_, err = c.Get(t.Context(), "k")
	}
	if e, ok := errors.AsType[*breaker.Error](err); !ok || asError(t, err).Phase != volothrift.PhasePick || e.State != breaker.Open {
		t.Errorf("got %v, want an open circuit in an *Error", err)
	}
}

func TestRetryAlongAChain(t *testing.T) {
	for _, p := range protocols {
		var calls atomic.Int32
		down := handler{get: func(context.Context, string) (string, error) { calls.Add(1); return "", errors.New("down") }}
		again := volothrift.Retry(retry.Config{Attempts: 3, Budget: retry.NewBudget(1, 100), Backoff: retry.Backoff{Base: 1}, Retryable: func(_ *rpc.Info, err error) bool { return rpc.OutcomeOf(err) == rpc.Failed }})
		opts := append(p.opts, volothrift.WithOuter(again))
		third := dial(t, serve(t, down), opts...)
		second := dial(t, serve(t, handler{get: third.Get}), opts...)
		first := dial(t, serve(t, handler{get: second.Get}), opts...)
		_, err := first.Get(t.Context(), "k")
		if e, ok := errors.AsType[*retry.Error](err); !ok || e.Attempts != 3 {
			t.Errorf("%s: got %v, want three attempts", p.name, err)
		}
		// Only what comes with the first attempts may be repeated further in.
		want := int32(27)
		if p.header {
			want = 3 + 1 + 1 + 1 + 1
		}
		if got := calls.Load(); got != want {
			t.Errorf("%s: the last of three services got %d calls, want %d", p.name, got, want)
		}
	}
}

func TestALostCallIsMadeAgainIfIdempotent(t *testing.T) {
	for _, p := range protocols {
		for _, idempotent := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				c := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
					if calls.Add(1) == 1 {
						time.Sleep(100 * time.Millisecond)
					}
					return key, nil
				}}), append(p.opts, volothrift.WithOuter(volothrift.Retry(retry.Config{}), volothrift.Timeout(20*time.Millisecond)))...)
				if idempotent {
					c = c.With(volothrift.CallIdempotent())
				}
				got, err := c.Get(t.Context(), "k")
				if (err == nil && got == "k") != idempotent {
					t.Errorf("%s, idempotent %v: got %q, %v", p.name, idempotent, got, err)
				}
			})
		}
	}
}

func TestHedgeTakesTheOtherAnswer(t *testing.T) {
	for _, p := range protocols {
		var calls atomic.Int32
		released := make(chan struct{})
		c := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
			n := calls.Add(1)
			metainfo.SendBackward(ctx, "ATTEMPT", fmt.Sprint(n))
			if n == 1 {
				<-released
			}
			return fmt.Sprint(key, n), nil
		}}), append(p.opts, volothrift.WithOuter(volothrift.Hedge(hedge.Config{Delay: 10 * time.Millisecond})))...)
		ctx := metainfo.WithBackward(t.Context())
		got, err := c.With(volothrift.CallIdempotent()).Get(ctx, "k")
		close(released)
		back, _ := metainfo.Backward(ctx, "ATTEMPT")
		if got != "k2" || err != nil || p.header && back != "2" {
			t.Errorf("%s: got %q, %v and %q beside it, want the second answer", p.name, got, err, back)
		}
	}
}

func TestCollapsedCallsShareOne(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			var calls atomic.Int32
			begun, release := make(chan struct{}, 10), make(chan struct{})
			c := dial(t, serve(t, handler{choose: func(_ context.Context, weights []int64) (*store.Choice, error) {
				calls.Add(1)
				begun <- struct{}{}
				<-release
				return &store.Choice{Number: &weights[0]}, nil
			}}), append(p.opts, volothrift.WithOuter(volothrift.Collapse(func(context.Context, *volothrift.Request) string { return "same" })))...)
			ctx, cancel := context.WithCancel(t.Context())
			weights := []int64{7}
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				_, err := c.Choose(ctx, weights)
				if !errors.Is(err, context.Canceled) {
					t.Errorf("%s: got %v, want it canceled", p.name, err)
				}
				weights[0] = 8 // it is the caller's again
			}()
			<-begun
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() {
					got, err := c.Choose(t.Context(), []int64{7})
					if err != nil || *got.Number != 7 {
						t.Errorf("%s: got %v, %v, want 7", p.name, got, err)
					}
				})
			}
			synctest.Wait() // all of them do
			cancel()
			<-gone
			close(release)
			wg.Wait()
			if got := calls.Load(); got != 1 {
				t.Errorf("%s: got %d calls, want one for all", p.name, got)
			}
		})
	}
}

func TestFallbackAnswers(t *testing.T) {
	c := newClient(t, "store", volothrift.WithDiscoverer(discovery.Static()), volothrift.WithOuter(volothrift.Fallback(fallback.Config[*volothrift.Request, *volothrift.Response]{
		Respond: func(_ context.Context, req *volothrift.Request, _ error) (*volothrift.Response, error) {
			resp := req.NewResponse()
			return resp, resp.Result.SetSuccess("instead")
		},
	})))
	if got, err := c.Get(t.Context(), "k"); got != "instead" || err != nil {
		t.Errorf("got %q, %v, want instead", got, err)
	}
}

func TestLayersWaitWithinTheTimeOfACall(t *testing.T) {
	for _, p := range protocols {
		for what, layer := range map[string]volothrift.Layer{
			"Retry":            volothrift.Retry(retry.Config{Backoff: retry.Backoff{Base: time.Hour, Max: time.Hour}}),
			"LimitRate":        volothrift.LimitRate(limit.RateConfig{PerSecond: 0.001, MaxWait: time.Hour}),
			"LimitConcurrency": volothrift.LimitConcurrency(limit.ConcurrencyConfig{Max: 1, Queue: 9, MaxWait: time.Hour}),
		} {
			for _, byCall := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					opts := append(p.opts[:len(p.opts):len(p.opts)], volothrift.WithOuter(layer))
					if !byCall {
						opts = append(opts, volothrift.WithTimeout(time.Second))
					}
					c := dial(t, serve(t, handler{get: func(context.Context, string) (string, error) {
						time.Sleep(10 * time.Millisecond)
						return "", errors.New("down")
					}}), opts...)
					if c = c.With(volothrift.CallIdempotent()); byCall {
						c = c.With(volothrift.CallTimeout(time.Second))
					}
					var wg sync.WaitGroup
					for range 3 {
						wg.Go(func() {
							start := time.Now()
							_, err := c.Get(t.Context(), "k")
							if took := time.Since(start); err == nil || took > 1100*time.Millisecond {
								t.Errorf("%s, %s, by call %v: got %v after %v, want an error within the second that the call has", p.name, what, byCall, err, took)
							}
						})
					}
					wg.Wait()
				})
			}
		}
	}
}

func TestACallerWhoGoesInAPauseHasCanceled(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			c := dial(t, serve(t, handler{get: func(context.Context, string) (string, error) { return "", errors.New("down") }}),
				append(p.opts[:len(p.opts):len(p.opts)], volothrift.WithOuter(volothrift.Retry(retry.Config{Backoff: retry.Backoff{Base: time.Hour, Max: time.Hour}})))...)
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Nanosecond, cancel)
			if _, err := c.With(volothrift.CallIdempotent()).Get(ctx, "k"); !errors.Is(err, context.Canceled) || rpc.OutcomeOf(err) != rpc.Canceled {
				t.Errorf("%s: got %v, %v, want it canceled", p.name, err, rpc.OutcomeOf(err))
			}
		})
	}
}
