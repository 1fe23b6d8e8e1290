package volothrift_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

// A cluster is servers by address, for clients to dial.
type cluster struct {
	servers map[rpc.Address]*volothrifttest.Pair
	dead    map[rpc.Address]*atomic.Bool
	calls   map[rpc.Address]*atomic.Int32
}

func newCluster(t *testing.T, addresses ...rpc.Address) *cluster {
	c := &cluster{map[rpc.Address]*volothrifttest.Pair{}, map[rpc.Address]*atomic.Bool{}, map[rpc.Address]*atomic.Int32{}}
	for _, a := range addresses {
		c.dead[a], c.calls[a] = new(atomic.Bool), new(atomic.Int32)
		c.servers[a] = serve(t, handler{get: func(_ context.Context, key string) (string, error) {
			c.calls[a].Add(1)
			if key == "slow" {
				time.Sleep(time.Second)
			}
			return key, nil
		}})
	}
	return c
}

func (c *cluster) dial(ctx context.Context, a rpc.Address) (*transport.Conn, error) {
	if c.servers[a] == nil || c.dead[a].Load() {
		return nil, &transport.OpError{Op: transport.OpDial, Addr: a, Err: syscall.ECONNREFUSED}
	}
	return c.servers[a].Dial(ctx, a)
}

var one, other, third = rpc.TCP("10.0.0.1:1"), rpc.TCP("10.0.0.2:1"), rpc.TCP("10.0.0.3:1")

func TestCallsAreSpreadAndFailOver(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cl := newCluster(t, one, other)
				var attempts atomic.Int32
				c := newClient(t, "store", append(p.opts,
					volothrift.WithDiscoverer(discovery.Static(one, other)), volothrift.WithBalancer(loadbalance.RoundRobin()),
					volothrift.WithDialer(cl.dial),
					volothrift.WithInner(layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
						attempts.Add(1)
						return next.Call(ctx, req)
					})))...)
				for range 10 {
					mustGet(t, c, "k")
				}
				if a, b := cl.calls[one].Load(), cl.calls[other].Load(); a != 5 || b != 5 {
					t.Errorf("ten calls were spread as %d and %d", a, b)
				}
				// One dies: nobody notices.
				cl.dead[one].Store(true)
				cl.servers[one].Server().Close()
				synctest.Wait() // a call that is on its way by then is lost
				attempts.Store(0)
				for range 10 {
					mustGet(t, c, "k")
				}
				if n := attempts.Load(); n != 15 {
					t.Errorf("ten calls made %d attempts, want 15: every other one goes to the dead instance first", n)
				}
				// Both die: everybody does.
				cl.dead[other].Store(true)
				cl.servers[other].Server().Close()
				synctest.Wait()
				_, err := c.Get(t.Context(), "k")
				if e := asError(t, err); e.Phase != volothrift.PhaseDial || !e.Unsent || !errors.Is(err, syscall.ECONNREFUSED) {
					t.Errorf("with all instances dead: %v", err)
				}
				var failover *loadbalance.FailoverError
				if !errors.As(err, &failover) || len(failover.Attempts) != 2 {
					t.Errorf("with all instances dead: %v; want both attempts", err)
				}
				// One comes back.
				cl.servers[one] = serve(t, handler{})
				cl.dead[one].Store(false)
				mustGet(t, c, "k")
			})
		})
	}
}

func TestFailoverIsBounded(t *testing.T) {
	for _, tt := range []struct{ failover, want int32 }{{0, 1}, {1, 2}, {5, 3}} {
		dials := new(counter)
		c := newClient(t, "store", volothrift.WithDiscoverer(discovery.Static(one, other, third)), volothrift.WithFailover(int(tt.failover)),
			volothrift.WithDialer(dials.count((&cluster{}).dial)))
		if _, err := c.Get(t.Context(), "k"); err == nil {
			t.Error("a call to nobody succeeded")
		}
		if n := dials.n.Load(); n != tt.want {
			t.Errorf("with failover %d a call dialed %d times, want %d", tt.failover, n, tt.want)
		}
	}
}

func TestWhatWasSentIsNotSentAgain(t *testing.T) {
	for _, p := range protocols {
		var requests atomic.Int32
		deaf := fakeServer(t, answers(func([]byte) []byte {
			requests.Add(1)
			return nil // closes
		}))
		if p.wire == volothrift.Unframed {
			deaf = fakeServer(t, func(p *peer) {
				p.receive(10)
				requests.Add(1)
			})
		}
		c := newClient(t, "store", append(p.opts, volothrift.WithDiscoverer(discovery.Static(one, other, third)), volothrift.WithDialer(deaf))...)
		_, err := c.Get(t.Context(), "k")
		if e := asError(t, err); e.Phase != volothrift.PhaseRead || e.Unsent || e.Outcome() != rpc.Lost {
			t.Errorf("%s: got %v, unsent %v; want a read error, sent", p.name, err, e.Unsent)
		}
		if n := requests.Load(); n != 1 {
			t.Errorf("%s: the request was sent %d times", p.name, n)
		}
	}
}

func TestAServiceWithoutInstancesFailsInPick(t *testing.T) {
	for what, d := range map[string]discovery.Discoverer{
		"no instances":    discovery.Static(),
		"a dead registry": discovery.Func(func(context.Context, string, func([]discovery.Instance)) error { return errors.New("registry is down") }),
	} {
		c := newClient(t, "store", volothrift.WithDiscoverer(d))
		_, err := c.Get(t.Context(), "k")
		if e := asError(t, err); e.Phase != volothrift.PhasePick || !e.Unsent || !e.Address.IsZero() {
			t.Errorf("%s: got %v; want a pick error", what, err)
		}
	}
}

func TestAnInstanceThatIsRemovedGetsNoMoreCalls(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			cl := newCluster(t, one, other)
			fake := new(discoverytest.Fake)
			fake.Set("store", discovery.Instance{Address: one}, discovery.Instance{Address: other})
			c := newClient(t, "store", append(p.opts, volothrift.WithDiscoverer(fake), volothrift.WithBalancer(loadbalance.RoundRobin()),
				volothrift.WithDialer(cl.dial))...)
			slow := make(chan error, 2)
			for range 2 {
				go func() {
					_, err := c.Get(t.Context(), "slow")
					slow <- err
				}()
			}
			synctest.Wait()
			fake.Set("store", discovery.Instance{Address: other})
			synctest.Wait()
			before := cl.calls[one].Load()
			for range 6 {
				mustGet(t, c, "k")
			}
			if after := cl.calls[one].Load(); before != 1 || after != 1 {
				t.Errorf("%s: the removed instance has got %d calls before and %d after, want 1", p.name, before, after)
			}
			for range 2 {
				if err := <-slow; err != nil {
					t.Errorf("%s: a call in flight to the removed instance failed: %v", p.name, err)
				}
			}
			// It comes back.
			fake.Set("store", discovery.Instance{Address: one})
			synctest.Wait()
			mustGet(t, c, "k")
			if n := cl.calls[one].Load(); n != 2 {
				t.Errorf("%s: the instance that came back got %d calls", p.name, n-1)
			}
			c.Close() // ends the watch, before the bubble does
		})
	}
}

// Discovery may drop an instance while a call waits for the first connection to
// it.
func TestACallWhoseInstanceIsRemovedWhileItConnectsIsUnsent(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			cl := newCluster(t, other)
			fake := new(discoverytest.Fake)
			fake.Set("store", discovery.Instance{Address: one})
			c := newClient(t, "store", append(p.opts, volothrift.WithDiscoverer(fake), volothrift.WithDialer(
				func(ctx context.Context, a rpc.Address) (*transport.Conn, error) {
					if a == one {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					return cl.dial(ctx, a)
				}))...)
			failed := make(chan error, 1)
			go func() {
				_, err := c.Get(t.Context(), "k")
				failed <- err
			}()
			synctest.Wait()
			fake.Set("store", discovery.Instance{Address: other})
			// Its snapshot knows of no other: that it has nowhere to go is all
			// that may be wrong.
			if err := <-failed; rpc.OutcomeOf(err) != rpc.Unsent {
				t.Errorf("%s: the call failed with %v, %v, want it unsent", p.name, err, rpc.OutcomeOf(err))
			}
			mustGet(t, c, "k")
			c.Close() // ends the watch, before the bubble does
		})
	}
}

func TestClosedClientsFailAtOnce(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			for what, opts := range map[string][]volothrift.ClientOption{
				"one address": nil,
				"discovery":   {volothrift.WithDiscoverer(discovery.Static(one))},
			} {
				pair := serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
					if key == "hang" {
						<-ctx.Done()
					}
					return key, nil
				}})
				c := dial(t, pair, append(opts, p.opts...)...)
				mustGet(t, c, "k")
				failed := make(chan error, 1)
				go func() {
					_, err := c.Get(t.Context(), "hang")
					failed <- err
				}()
				synctest.Wait()
				c.Close()
				if e := asError(t, <-failed); e.Phase != volothrift.PhaseRead {
					t.Errorf("%s, %s: the call in flight failed with %v; want a read error", p.name, what, e)
				}
				_, err := c.Get(t.Context(), "k")
				if e := asError(t, err); !e.Unsent || !contains(err, "closed") {
					t.Errorf("%s, %s: a call after Close failed with %v", p.name, what, e)
				}
				c.Close()
			}
		})
	}
}

func TestCloseEndsADialUnderWay(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			c := newClient(t, "10.0.0.1:1", append(p.opts, volothrift.WithConnectTimeout(time.Hour), volothrift.WithDialer(
				func(ctx context.Context, _ rpc.Address) (*transport.Conn, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				}))...)
			failed := make(chan error, 1)
			go func() {
				_, err := c.Get(t.Context(), "k")
				failed <- err
			}()
			synctest.Wait()
			start := time.Now()
			c.Close()
			if e := asError(t, <-failed); !e.Unsent || time.Since(start) > 0 {
				t.Errorf("%s: the call failed %v after Close with %v", p.name, time.Since(start), e)
			}
		})
	}
}

func TestClosingAClientWhileItIsUsed(t *testing.T) {
	for _, p := range protocols {
		for range 30 {
			pair := serve(t, handler{})
			c := dial(t, pair, p.opts...)
			var wg sync.WaitGroup
			for i := range 8 {
				wg.Go(func() {
					for {
						if _, err := c.Get(t.Context(), "k"); err != nil {
							asError(t, err)
							if contains(err, "closed") {
								return
							}
						}
						if i%2 == 0 {
							c.Note(t.Context(), "n")
						}
					}
				})
			}
			wg.Go(func() { c.Close() })
			wg.Go(func() { c.Close() })
			wg.Wait()
		}
	}
}
