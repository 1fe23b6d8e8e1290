package loadbalance_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// A visit is a request that keeps the weight of the instance that it goes to.
type visit struct {
	service string
	weight  int
}

// generation is the state number g of a service: some instances out of fifty,
// whose weight is g, so that what is seen of a state tells which one it is.
func generation(g int) []discovery.Instance {
	r := rand.New(rand.NewPCG(uint64(g), 0))
	var all []discovery.Instance
	for i := range 50 {
		if i == 0 || r.IntN(3) > 0 {
			all = append(all, discovery.Instance{Address: rpc.TCP(fmt.Sprintf("i%d:1", i)), Weight: g})
		}
	}
	return all
}

// A ledger is what balancers, callers and listeners have been told of one
// service, each of which must add up.
type ledger struct {
	t *testing.T

	mu       sync.Mutex
	balanced int                                // the generation that was balanced last
	told     map[rpc.Address]discovery.Instance // what all changes make together
}

// balance checks that a snapshot is a generation, whole, and not an old one.
func (l *ledger) balance(instances []discovery.Instance) {
	g := instances[0].Weight
	if want := generation(g); !discovery.Diff(want, instances).IsZero() || len(instances) != len(want) {
		l.t.Errorf("balanced %v, which is not generation %d", instances, g)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if g < l.balanced {
		l.t.Errorf("balanced generation %d after %d", g, l.balanced)
	}
	l.balanced = g
}

// change checks that a change fits what there was.
func (l *ledger) change(c discovery.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, in := range c.Removed {
		if _, there := l.told[in.Address]; !there {
			l.t.Errorf("told that %v is gone, which was not there", in.Address)
		}
		delete(l.told, in.Address)
	}
	for _, in := range c.Updated {
		if _, there := l.told[in.Address]; !there {
			l.t.Errorf("told that %v is different, which was not there", in.Address)
		}
		l.told[in.Address] = in
	}
	for _, in := range c.Added {
		if _, there := l.told[in.Address]; there {
			l.t.Errorf("told that %v is new, which was there", in.Address)
		}
		l.told[in.Address] = in
	}
}

// TestChurn changes what a registry says, and makes it fail, while callers
// call: snapshots reach the balancer whole and in order, callers never go back
// in time, and what listeners are told adds up.
func TestChurn(t *testing.T) {
	const services, changes, callers = 3, 400, 4
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		books := make(map[string]*ledger)
		names := make([]string, services)
		for i := range names {
			names[i] = fmt.Sprintf("s%d", i)
			books[names[i]] = &ledger{t: t, told: make(map[rpc.Address]discovery.Instance)}
		}
		stages := make(map[string]*loadbalance.Stage[*visit, int])
		for name, l := range books {
			stages[name] = loadbalance.New(loadbalance.Config[*visit, int]{
				Discoverer: &f,
				Balancer: loadbalance.BalancerFunc(func(instances []discovery.Instance) loadbalance.Picker {
					l.balance(instances)
					return loadbalance.RoundRobin().Balance(instances)
				}),
				Service: func(req *visit) string { return req.service },
				Use:     func(req *visit, in discovery.Instance) { req.weight = in.Weight },
				Changed: func(_ string, c discovery.Change) { l.change(c) },
			})
		}
		var over atomic.Bool
		var calls, changing sync.WaitGroup
		for _, name := range names {
			f.Set(name, generation(1)...)
			changing.Go(func() {
				for g := 2; g <= changes; g++ {
					if g%40 == 0 && g < changes {
						f.Fail(name, os.ErrPermission)
					} else {
						f.Set(name, generation(g)...)
					}
					if g%7 == 0 {
						time.Sleep(time.Duration(g) * time.Millisecond)
					}
				}
			})
			svc := stages[name].Layer(motore.ServiceFunc[*visit, int](func(_ context.Context, req *visit) (int, error) {
				return req.weight, nil
			}))
			for range callers {
				calls.Go(func() {
					latest := 0
					for !over.Load() {
						got, err := svc.Call(t.Context(), &visit{service: name})
						if err != nil || got < latest {
							t.Errorf("called generation %d, %v after %d", got, err, latest)
							return
						}
						latest = got
						time.Sleep(time.Millisecond)
					}
				})
			}
		}
		changing.Wait()
		time.Sleep(time.Minute) // the longest pause after a failure, twice
		over.Store(true)
		calls.Wait()
		for name, l := range books {
			stages[name].Close()
			var told []discovery.Instance
			for _, in := range l.told {
				told = append(told, in)
			}
			last := generation(changes)
			if l.balanced != changes || !discovery.Diff(last, told).IsZero() {
				t.Errorf("%s: ended with generation %d and %d instances told of, want %d and its %d",
					name, l.balanced, len(told), changes, len(last))
			}
		}
	})
}

// TestServersComeAndGo has many servers register and deregister by themselves,
// at once, as they do in life.
func TestServersComeAndGo(t *testing.T) {
	const servers = 40
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		l := &ledger{t: t, told: make(map[rpc.Address]discovery.Instance)}
		s := loadbalance.New(loadbalance.Config[*visit, int]{
			Discoverer: &f,
			Service:    func(req *visit) string { return req.service },
			Use:        func(*visit, discovery.Instance) {},
			Changed:    func(_ string, c discovery.Change) { l.change(c) },
		})
		s.Layer(motore.ServiceFunc[*visit, int](func(context.Context, *visit) (int, error) { return 0, nil })).
			Call(t.Context(), &visit{service: "s"})
		var registrations sync.WaitGroup
		stay, leave := context.WithCancel(t.Context())
		for i := range servers {
			in := discovery.Instance{Address: rpc.TCP(fmt.Sprintf("i%d:1", i)), Weight: 1 + i}
			registrations.Go(func() {
				for n := range 20 {
					ctx, cancel := context.WithTimeout(stay, time.Duration(1+(i*7+n*13)%5)*time.Millisecond)
					f.Register(ctx, "s", in)
					cancel()
				}
				if i%2 == 0 {
					f.Register(stay, "s", in)
				}
			})
		}
		time.Sleep(time.Second)
		synctest.Wait()
		l.mu.Lock()
		for i := range servers {
			in, there := l.told[rpc.TCP(fmt.Sprintf("i%d:1", i))]
			if there != (i%2 == 0) || there && in.Weight != 1+i {
				t.Errorf("server %d: got %v, there %v, want it to be there: %v", i, in, there, i%2 == 0)
			}
		}
		l.mu.Unlock()
		leave()
		registrations.Wait()
		synctest.Wait()
		s.Close()
		if len(l.told) > 0 {
			t.Errorf("got %v after all had left, want none", l.told)
		}
	})
}
