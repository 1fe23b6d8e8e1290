package volothrift_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
)

func TestHandlersContextEndsWhenTheClientDisconnects(t *testing.T) {
	waits := []struct {
		what string
		wait func(context.Context)
	}{
		{"waits for Done", func(ctx context.Context) { <-ctx.Done() }},
		{"waits for Done of a derived context", func(ctx context.Context) {
			ctx, cancel := context.WithCancel(context.WithValue(ctx, "k", "v"))
			defer cancel()
			<-ctx.Done()
		}},
		{"polls Err", func(ctx context.Context) {
			for ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
		}},
		{"has AfterFunc called", func(ctx context.Context) {
			ended := make(chan struct{})
			context.AfterFunc(ctx, func() { close(ended) })
			<-ended
		}},
		{"waits on many goroutines that all ask at once", func(ctx context.Context) {
			var wg sync.WaitGroup
			start := make(chan struct{})
			for range 8 {
				wg.Go(func() {
					<-start
					<-ctx.Done()
				})
			}
			close(start)
			wg.Wait()
		}},
	}
	requests := map[string][]byte{}
	for _, d := range dialects[:6] {
		requests[d.name] = d.request
	}
	for _, network := range []string{"tcp", "unix"} {
		for name, request := range requests {
			for _, w := range waits {
				t.Run(network+", "+name+": the handler "+w.what, func(t *testing.T) {
					started, ended := make(chan struct{}), make(chan error, 1)
					s := newServer(t, handler{get: func(ctx context.Context, key string) (string, error) {
						close(started)
						w.wait(ctx)
						ended <- context.Cause(ctx)
						return "", ctx.Err()
					}})
					at := "127.0.0.1:0"
					if network == "unix" {
						at = t.TempDir() + "/s"
					}
					_, at = serveOn(t, s, network, at).Dial()
					nc, err := net.Dial(network, at)
					if err != nil {
						t.Fatal(err)
					}
					defer nc.Close()
					nc.Write(request)
					<-started
					nc.Close()
					select {
					case err := <-ended:
						if err != volothrift.ErrPeerGone {
							t.Errorf("the cause is %v, want ErrPeerGone", err)
						}
					case <-time.After(time.Minute):
						t.Errorf("the handler still runs")
					}
				})
			}
		}
	}
}

func TestHandlersContextEndsWithTheCall(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			kept := make(chan context.Context, 2)
			c := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
				if key == "looked at" {
					_ = ctx.Done()
				}
				kept <- ctx
				return key, ctx.Err()
			}}), p.opts...)
			for _, key := range []string{"never looked at", "looked at"} {
				mustGet(t, c, key)
				synctest.Wait()
				ctx := <-kept
				select {
				case <-ctx.Done():
				default:
					t.Errorf("%s: a context that was %s is not done", p.name, key)
				}
				if !errors.Is(ctx.Err(), context.Canceled) {
					t.Errorf("%s: Err is %v after the call, want Canceled", p.name, ctx.Err())
				}
			}
		})
	}
}

func TestACancelledCallHarmsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) {
			time.Sleep(1700 * time.Millisecond) // whatever the context says
			return key, nil
		}})
		dials := new(counter)
		base, err := volothrift.NewClient(pair.Target(), volothrift.WithDialer(dials.count(pair.Dial)))
		if err != nil {
			t.Fatal(err)
		}
		defer base.Close()
		c := storethrift.StoreOver(base)

		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if _, err := c.Get(ctx, "gives up "+strconv.Itoa(i)); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v, want the deadline", err)
				}
			})
			wg.Go(func() { mustGet(t, c, "stays "+strconv.Itoa(i)) })
		}
		time.Sleep(1500 * time.Millisecond)
		if n := volothrift.InFlight(base); n != 10 {
			t.Errorf("%d calls are in flight after half of them gave up, want 10", n)
		}
		wg.Wait()
		if n := volothrift.InFlight(base); n != 0 {
			t.Errorf("%d calls are in flight after all have ended", n)
		}
		mustGet(t, c, "after the late answers")
		if n := dials.n.Load(); n != 1 {
			t.Errorf("dialed %d times, want once", n)
		}
	})
}

func TestEveryAnswerMatchesItsRequest(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pair := serve(t, handler{
					get: func(ctx context.Context, key string) (string, error) {
						time.Sleep(rand.N(20 * time.Millisecond))
						return "answer to " + key, nil
					},
				})
				base, err := volothrift.NewClient(pair.Target(), pair.ClientOptions(p.opts...)...)
				if err != nil {
					t.Fatal(err)
				}
				defer base.Close()
				c := storethrift.StoreOver(base)
				var answered, gaveUp atomic.Int32
				var wg sync.WaitGroup
				for caller := range 1000 {
					wg.Go(func() {
						for i := range 5 {
							key := fmt.Sprintf("%d/%d", caller, i)
							call := c
							if rand.N(2) == 0 {
								call = c.With(volothrift.CallTimeout(time.Millisecond + rand.N(25*time.Millisecond)))
							}
							if rand.N(10) == 0 {
								if err := c.Note(t.Context(), key); err != nil {
									t.Errorf("note: %v", err)
								}
							}
							got, err := call.Get(t.Context(), key)
							switch {
							case err == nil && got == "answer to "+key:
								answered.Add(1)
							case errors.Is(err, context.DeadlineExceeded):
								gaveUp.Add(1)
							default:
								t.Errorf("get %s returned %q, %v", key, got, err)
							}
						}
					})
				}
				wg.Wait()
				if a, g := answered.Load(), gaveUp.Load(); a < 1000 || g < 500 {
					t.Errorf("%d calls were answered and %d gave up; want a mixture", a, g)
				}
				if n := volothrift.InFlight(base); n != 0 {
					t.Errorf("%d calls are in flight after all have ended", n)
				}
			})
		})
	}
}

func TestAOnewayHandlerOutlivesItsClient(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			kept := make(chan context.Context, 1)
			pair := serve(t, handler{note: func(ctx context.Context, _ string) error {
				kept <- ctx
				<-ctx.Done()
				return nil
			}})
			c := dial(t, pair, p.opts...)
			if err := c.Note(t.Context(), "n"); err != nil {
				t.Fatal(err)
			}
			ctx := <-kept
			c.Close()
			time.Sleep(time.Minute)
			if err := ctx.Err(); err != nil {
				t.Errorf("%s: with its client, which does not wait, the handler's context has ended: %v", p.name, context.Cause(ctx))
			}
			pair.Server().Close()
			if cause := context.Cause(ctx); cause != volothrift.ErrServerClosed {
				t.Errorf("%s: the handler's context ended with %v, want ErrServerClosed", p.name, cause)
			}
		})
	}
}
