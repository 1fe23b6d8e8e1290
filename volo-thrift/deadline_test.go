package volothrift_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// hang outlasts every bound of these tests. It does not look at its context,
// whose end comes at the same instant as the client's own.
func hang(context.Context, string) (string, error) {
	time.Sleep(4 * time.Second)
	return "", nil
}

func TestADeadlineBeyondAllDurationsArrivesAsAFarOne(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			var left time.Duration
			c := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
				d, _ := ctx.Deadline()
				left = time.Until(d)
				return key, nil
			}}), p.opts...)
			ctx, cancel := context.WithDeadline(t.Context(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))
			defer cancel()
			if _, err := c.Get(ctx, "k"); err != nil {
				t.Errorf("%s: %v", p.name, err)
			}
			if p.header && left < 200*365*24*time.Hour {
				t.Errorf("%s: the handler has %v left, want centuries", p.name, left)
			}
		})
	}
}

func TestTheEarliestBoundEndsTheCall(t *testing.T) {
	for _, tt := range []struct {
		what          string
		client        time.Duration // WithTimeout
		call          time.Duration // CallTimeout
		ctx           time.Duration
		want          time.Duration
		seenByHandler time.Duration // what remains, if there is a header
	}{
		{"the client's time-out", time.Second, 0, 0, time.Second, time.Second},
		{"the call's time-out", 0, time.Second, 0, time.Second, time.Second},
		{"the context's deadline", 0, 0, time.Second, time.Second, time.Second},
		{"a context that ends before the client's time-out", 2 * time.Second, 0, time.Second, time.Second, time.Second},
		{"a context that ends after the client's time-out", time.Second, 0, 2 * time.Second, time.Second, time.Second},
		{"a call's time-out in place of the client's, shorter", 2 * time.Second, time.Second, 0, time.Second, time.Second},
		{"a call's time-out in place of the client's, longer", time.Second, 2 * time.Second, 0, 2 * time.Second, 2 * time.Second},
		{"a context before a call's time-out", 0, 2 * time.Second, time.Second, time.Second, time.Second},
		{"a fraction of a millisecond, rounded up for the peer", 1500 * time.Microsecond, 0, 0, 1500 * time.Microsecond, 2 * time.Millisecond},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for _, p := range protocols {
				synctest.Test(t, func(t *testing.T) {
					left := make(chan time.Duration, 1)
					c := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
						d, _ := ctx.Deadline()
						left <- time.Until(d)
						return hang(ctx, key)
					}}), append(p.opts, volothrift.WithTimeout(tt.client))...)
					if tt.call > 0 {
						c = c.With(volothrift.CallTimeout(tt.call))
					}
					ctx := t.Context()
					if tt.ctx > 0 {
						var cancel context.CancelFunc
						ctx, cancel = context.WithTimeout(ctx, tt.ctx)
						defer cancel()
					}
					start := time.Now()
					_, err := c.Get(ctx, "k")
					if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != tt.want {
						t.Errorf("%s: ended with %v after %v; want the deadline after %v", p.name, err, took, tt.want)
					}
					if e := asError(t, err); e.Phase != volothrift.PhaseRead || e.Unsent {
						t.Errorf("%s: ended in phase %v, unsent %v; want read, sent", p.name, e.Phase, e.Unsent)
					}
					if got := <-left; p.header && got != tt.seenByHandler {
						t.Errorf("%s: the handler had %v left, want %v", p.name, got, tt.seenByHandler)
					}
				})
			}
		})
	}
}

func TestWhatRemainsOfADeadlineCrossesTwoHops(t *testing.T) {
	for _, p := range protocols[:4] {
		synctest.Test(t, func(t *testing.T) {
			left := make(chan time.Duration, 1)
			back := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
				d, _ := ctx.Deadline()
				left <- time.Until(d)
				return hang(ctx, key)
			}}), p.opts...)
			front := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
				time.Sleep(300 * time.Millisecond)
				return back.Get(ctx, key)
			}}), p.opts...)
			start := time.Now()
			_, err := front.With(volothrift.CallTimeout(time.Second)).Get(t.Context(), "k")
			// The first hop's report and the client's own deadline are level.
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took != time.Second {
				t.Errorf("%s: ended with %v after %v; want the deadline after 1 s", p.name, err, took)
			}
			if got := <-left; got != 700*time.Millisecond {
				t.Errorf("%s: the second hop had %v left, want 700 ms", p.name, got)
			}
		})
	}
}

// A deaf connection hears nothing of deadlines: what comes after them arrives.
type deaf struct{ streamConn }

func (deaf) SetDeadline(time.Time) error     { return nil }
func (deaf) SetReadDeadline(time.Time) error { return nil }

func TestAFailureThatComesWithTheDeadlineOrLaterIsTheDeadline(t *testing.T) {
	broken := errors.New("the shelf is broken")
	for _, tt := range []struct {
		what  string
		takes time.Duration
		deaf  bool
		err   error
		want  rpc.Outcome
		phase volothrift.Phase
	}{
		{"a failure at the same instant", time.Second, false, broken, rpc.Lost, volothrift.PhaseRead},
		{"a failure that is late", 2 * time.Second, true, broken, rpc.Lost, volothrift.PhaseRead},
		{"a failure before", time.Second - 1, false, broken, rpc.Failed, volothrift.PhaseRemote},
		{"a refusal that is late, which another instance need not repeat", 2 * time.Second, true, &volothrift.RefusedError{Message: "full"}, rpc.Unsent, volothrift.PhaseRemote},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for _, p := range protocols {
				synctest.Test(t, func(t *testing.T) {
					pair := serve(t, handler{get: func(context.Context, string) (string, error) {
						time.Sleep(tt.takes)
						return "", tt.err
					}})
					opts := append([]volothrift.ClientOption{volothrift.WithTimeout(time.Second)}, p.opts...)
					if tt.deaf {
						// Connections that are shared need no deadline to be left.
						opts = append(opts, volothrift.WithPingPong(volothrift.PoolConfig{}), volothrift.WithProtocol(p.wire),
							volothrift.WithDialer(func(ctx context.Context, a rpc.Address) (*transport.Conn, error) {
								c, err := pair.Dial(ctx, a)
								return transport.NewConn(deaf{streamConn{c}}), err
							}))
					}
					c := dial(t, pair, opts...)
					for range 20 { // now the peer is first, now we are
						_, err := c.Get(t.Context(), "k")
						e := asError(t, err)
						if got := e.Outcome(); got != tt.want || e.Phase != tt.phase || errors.Is(err, context.DeadlineExceeded) != (tt.want == rpc.Lost) {
							t.Fatalf("%s: got %v, %v; want %v in phase %v", p.name, got, err, tt.want, tt.phase)
						}
					}
				})
			}
		})
	}
}

func TestACallWithoutTimeIsNotSent(t *testing.T) {
	cause := errors.New("the user went home")
	expired := func(parent context.Context) (context.Context, context.CancelFunc) {
		return context.WithDeadline(parent, time.Now().Add(-time.Second))
	}
	for _, tt := range []struct {
		what string
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		want []error
	}{
		{"a deadline that has passed", expired, []error{context.DeadlineExceeded}},
		{"a context that is cancelled", func(parent context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(parent)
			cancel()
			return ctx, cancel
		}, []error{context.Canceled}},
		{"a context that is cancelled for a reason", func(parent context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(parent)
			cancel(cause)
			return ctx, func() {}
		}, []error{context.Canceled, cause}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for _, p := range protocols {
				synctest.Test(t, func(t *testing.T) {
					var ran atomic.Int32
					pair := serve(t, handler{note: func(context.Context, string) error { ran.Add(1); return nil }})
					c := dial(t, pair, p.opts...)
					mustGet(t, c, "connected")
					ctx, cancel := tt.ctx(t.Context())
					defer cancel()
					err := c.Note(ctx, "n")
					for _, want := range tt.want {
						if !errors.Is(err, want) {
							t.Errorf("%s: got %v; want %v", p.name, err, want)
						}
					}
					if e := asError(t, err); !e.Unsent {
						t.Errorf("%s: the error says that something was sent", p.name)
					}
					mustGet(t, c, "next")
					synctest.Wait()
					if ran.Load() != 0 {
						t.Errorf("%s: the handler has run", p.name)
					}
				})
			}
		})
	}
}

func TestACallEndsWithItsContextForTheReasonGiven(t *testing.T) {
	cause := errors.New("the user went home")
	for _, tt := range []struct {
		what string
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		want []error
	}{
		{"cancelled", func(parent context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(parent)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, []error{context.Canceled}},
		{"cancelled for a reason", func(parent context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(parent)
			time.AfterFunc(time.Second, func() { cancel(cause) })
			return ctx, func() {}
		}, []error{context.Canceled, cause}},
		{"timed out for a reason", func(parent context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(parent, time.Second, cause)
		}, []error{context.DeadlineExceeded}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for _, p := range protocols {
				synctest.Test(t, func(t *testing.T) {
					c := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
						if key == "hang" {
							return hang(ctx, key)
						}
						return key, nil
					}}), p.opts...)
					mustGet(t, c, "connected")
					ctx, cancel := tt.ctx(t.Context())
					defer cancel()
					start := time.Now()
					_, err := c.Get(ctx, "hang")
					if took := time.Since(start); took != time.Second {
						t.Errorf("%s: took %v, want 1 s", p.name, took)
					}
					for _, want := range tt.want {
						if !errors.Is(err, want) {
							t.Errorf("%s: got %v; want %v", p.name, err, want)
						}
					}
					if e := asError(t, err); e.Phase != volothrift.PhaseRead || e.Unsent {
						t.Errorf("%s: ended in phase %v, unsent %v; want read, sent", p.name, e.Phase, e.Unsent)
					}
					mustGet(t, c, "next")
				})
			}
		})
	}
}

func TestADialLastsNoLongerThanTheCall(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			never := dialFunc(func(ctx context.Context, _ address) (*conn, error) {
				<-ctx.Done()
				return nil, context.Cause(ctx)
			})
			c := newClient(t, "10.0.0.1:1", toFake(never, append(p.opts, volothrift.WithConnectTimeout(5*time.Second))...)...)
			for _, tt := range []struct{ timeout, want time.Duration }{{time.Second, time.Second}, {0, 5 * time.Second}} {
				start := time.Now()
				_, err := c.With(volothrift.CallTimeout(tt.timeout)).Get(t.Context(), "k")
				if took := time.Since(start); took > tt.want || took < tt.want-time.Second || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s: with %v the dial ended after %v with %v; want %v", p.name, tt.timeout, took, err, tt.want)
				}
				if e := asError(t, err); e.Phase != volothrift.PhaseDial || !e.Unsent {
					t.Errorf("%s: ended in phase %v, unsent %v; want dial, unsent", p.name, e.Phase, e.Unsent)
				}
			}
		})
	}
}

// A peer that does not read keeps no call longer than the call wants to wait,
// not even the one that writes for all others.
func TestCallsEndInTimeThoughThePeerDoesNotRead(t *testing.T) {
	for _, p := range protocols[:2] {
		for _, oneway := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				over := make(chan struct{})
				c := newClient(t, "10.0.0.1:1", append(p.opts, volothrift.WithDialer(fakeServer(t, func(*peer) { <-over })))...)
				large := strings.Repeat("k", 8<<20) // more than is taken unread
				var calls sync.WaitGroup
				for range 3 {
					calls.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), time.Second)
						defer cancel()
						start := time.Now()
						if oneway {
							c.Note(ctx, large) // is sent, or not
						} else if _, err := c.Get(ctx, large); !errors.Is(err, context.DeadlineExceeded) {
							t.Errorf("%s: got %v", p.name, err)
						}
						if took := time.Since(start); took > time.Second {
							t.Errorf("%s: took %v", p.name, took)
						}
					})
				}
				calls.Wait()
				close(over)
			})
		}
	}
}
