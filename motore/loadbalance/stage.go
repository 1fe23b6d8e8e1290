package loadbalance

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// Config says how a [Stage] balances. Discoverer, Service and Use are
// required. None of the functions keeps a request.
type Config[Req, Resp any] struct {
	// Discoverer finds the instances. If it is a discovery.Refresher, each
	// attempt that ends [rpc.Unsent] makes it look again.
	Discoverer discovery.Discoverer

	// Balancer spreads the calls; nil stands for [Default].
	Balancer Balancer

	// Service names the service that req is for, as the Discoverer knows it.
	// If it returns "", the call has an address already and passes through.
	Service func(req Req) string

	// Use tells req the instance that its next attempt goes to. It is called
	// once per attempt.
	Use func(req Req, instance discovery.Instance)

	// Last, if not nil, says where req has been before: the instance that its
	// last attempt went to when a layer makes the call once more; zero at
	// first. Another instance is preferred then.
	Last func(req Req) rpc.Address

	// Began, if not nil, says when req has come, which saves a reading of the
	// clock; zero if it may have waited since for anything. It is asked for the
	// first attempt only.
	Began func(req Req) time.Time

	// Stream, if not nil, returns what takes a function to be called once at
	// the end of the stream that resp is, with its error; nil if resp is an
	// answer. Balancers that count calls count a stream until then.
	Stream func(resp Resp) (onEnd func(f func(err error)))

	// MaxAttempts is how many instances a call may go to if attempts fail
	// without anything sent; zero stands for [DefaultMaxAttempts], 1 for no
	// failover.
	MaxAttempts int

	// Changed, if not nil, is told what each snapshot of a service changes
	// once it is in effect. It is called by one goroutine at a time for each
	// service and returns quickly.
	Changed func(service string, change discovery.Change)
}

// DefaultMaxAttempts is how many instances a call goes to at most, unless
// configured.
const DefaultMaxAttempts = 3

// A Stage is the balancing stage of a client's stack: its [Stage.Layer] gives
// each call an instance. It watches each service from the first call to it
// until Close; the goroutines that do so are its own.
type Stage[Req, Resp any] struct {
	config    Config[Req, Resp]
	refresher discovery.Refresher // the Discoverer, if it is one

	// What is watched, copied on write so that calls read it without a lock;
	// nil once the stage is closed.
	services atomic.Pointer[map[string]*service]

	mu      sync.Mutex // taken to write services
	ctx     context.Context
	cancel  context.CancelFunc
	watches sync.WaitGroup
}

// New returns a stage that balances as c says. Close it when the client that
// uses it is closed.
func New[Req, Resp any](c Config[Req, Resp]) *Stage[Req, Resp] {
	if c.Discoverer == nil || c.Service == nil || c.Use == nil {
		panic("loadbalance: Config needs a Discoverer, Service and Use")
	}
	if c.Balancer == nil {
		c.Balancer = Default()
	}
	if c.MaxAttempts <= 0 {
		c.MaxAttempts = DefaultMaxAttempts
	}
	s := &Stage[Req, Resp]{config: c}
	s.refresher, _ = c.Discoverer.(discovery.Refresher)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.services.Store(&map[string]*service{})
	return s
}

// Layer is the layer that picks an instance for each call and, if the attempt
// ends [rpc.Unsent], another one. It is discreet, see [motore.Discreet], if the
// Balancer is; those of this package are unless they are given a function that
// sees calls.
//
// A call that has no instance to go to fails with a [*PickError]; one that
// failed on several, and could go to no further one, with a
// [*FailoverError]. Any other error is returned as it is.
func (s *Stage[Req, Resp]) Layer(next motore.Service[Req, Resp]) motore.Service[Req, Resp] {
	return &balancing[Req, Resp]{s, next}
}

type balancing[Req, Resp any] struct {
	*Stage[Req, Resp]
	next motore.Service[Req, Resp]
}

// Discreet implements [motore.Discreet].
func (b *balancing[Req, Resp]) Discreet() bool {
	return motore.IsDiscreet(b.config.Balancer) && motore.IsDiscreet(b.next)
}

func (b *balancing[Req, Resp]) Call(ctx context.Context, req Req) (Resp, error) {
	var none Resp
	name := b.config.Service(req)
	if name == "" {
		return b.next.Call(ctx, req)
	}
	snap, waited, err := b.snapshot(ctx, name)
	if err != nil {
		return none, &PickError{name, err}
	}
	a := attempt{tried: b.avoid(req, snap)}
	a.avoided = len(a.tried) > 0
	if snap.picker.clocked && b.config.Began != nil && !waited {
		a.began = b.config.Began(req)
	}
	for {
		if err := a.pick(ctx, snap); err != nil {
			if len(a.failed) > 0 {
				return none, failover(name, a.failed)
			}
			return none, &PickError{name, err}
		}
		b.config.Use(req, snap.instances[a.at])
		var resp Resp
		if snap.picker.tracker != nil {
			resp, err = b.tracked(ctx, req, snap, &a)
		} else {
			resp, err = b.next.Call(ctx, req)
		}
		if err == nil {
			return resp, nil
		}
		if rpc.OutcomeOf(err) != rpc.Unsent {
			return none, err
		}
		if b.refresher != nil {
			b.refresher.Refresh(name) // an instance that is gone, perhaps
		}
		a.next(snap, err)
		if len(a.failed) == b.config.MaxAttempts || ctx.Err() != nil {
			return none, failover(name, a.failed)
		}
	}
}

// An attempt is where a call stands that goes from instance to instance of one
// snapshot.
type attempt struct {
	began   time.Time // zero if nobody has looked at the clock
	at      int       // the instance
	tried   Tried
	avoided bool // the first of tried only because it was tried earlier
	failed  []Attempt
}

// pick chooses the instance, and notes the time if somebody will want to know
// how long it took.
func (a *attempt) pick(ctx context.Context, snap *snapshot) (err error) {
	if snap.picker.clocked && a.began.IsZero() {
		a.began = time.Now()
	}
	for {
		if a.at, err = snap.picker.pickAt(ctx, a.tried, a.began); err == nil {
			return nil
		}
		if !a.avoided || !errors.Is(err, ErrNoInstance) {
			return err
		}
		a.tried, a.avoided = a.tried[1:], false // better there than nowhere
	}
}

// next notes that the attempt has failed.
func (a *attempt) next(snap *snapshot, err error) {
	a.tried = append(a.tried, a.at)
	a.failed = append(a.failed, Attempt{snap.instances[a.at].Address, err})
	a.began = time.Time{}
}

// avoid returns where a call that is made once more has been.
func (s *Stage[Req, Resp]) avoid(req Req, snap *snapshot) Tried {
	if s.config.Last == nil {
		return nil
	}
	if last := s.config.Last(req); !last.IsZero() {
		if i := index(snap.instances, last); i >= 0 {
			return Tried{i}
		}
	}
	return nil
}

// tracked makes an attempt that the snapshot's picker hears of. One that ends
// by a panic counts as given up.
func (b *balancing[Req, Resp]) tracked(ctx context.Context, req Req, snap *snapshot, a *attempt) (resp Resp, err error) {
	outcome, goesOn := rpc.Canceled, false
	at, began := a.at, a.began
	snap.picker.begin(at)
	defer func() {
		switch {
		case goesOn:
		case snap.picker.clocked:
			elapsed := time.Since(began)
			snap.picker.endAt(at, elapsed, outcome, began.Add(elapsed))
		default:
			snap.picker.endAt(at, 0, outcome, began)
		}
	}()
	resp, err = b.next.Call(ctx, req)
	outcome = rpc.OutcomeOf(err)
	if outcome == rpc.Unsent && snap.picker.clocked && late(ctx, began) {
		outcome = rpc.Canceled
	}
	if err == nil && b.config.Stream != nil {
		if onEnd := b.config.Stream(resp); onEnd != nil {
			goesOn = true
			onEnd(func(err error) { snap.picker.endAt(at, 0, rpc.OutcomeOf(err), time.Time{}) })
		}
	}
	return resp, err
}

// late reports whether a call that began at start had no time left by then,
// which is nothing that an instance could be blamed for.
func late(ctx context.Context, start time.Time) bool {
	deadline, ok := ctx.Deadline()
	return ok && !start.Before(deadline)
}

// A ServiceState is what is known of a service that is called.
type ServiceState struct {
	Service   string
	Instances []State // in the order of the snapshot; nil if there is none yet
}

// State returns what is known of the services that have been called, by name.
// It is for people to look at: nothing is held up meanwhile, and instances are
// looked at one after the other.
func (s *Stage[Req, Resp]) State() []ServiceState {
	services := s.services.Load()
	if services == nil {
		return nil
	}
	var states []ServiceState
	for _, name := range slices.Sorted(maps.Keys(*services)) {
		state := ServiceState{Service: name}
		if snap := (*services)[name].current.Load(); snap != nil {
			state.Instances = snap.state()
		}
		states = append(states, state)
	}
	return states
}

// Close ends all watches and waits for them. Calls fail from then on.
func (s *Stage[Req, Resp]) Close() error {
	s.mu.Lock()
	s.services.Store(nil)
	s.cancel()
	s.mu.Unlock()
	s.watches.Wait()
	return nil
}

// snapshot returns what is known of a service. The first call to it starts the
// watch and waits for it.
func (s *Stage[Req, Resp]) snapshot(ctx context.Context, name string) (snap *snapshot, waited bool, err error) {
	var svc *service
	if services := s.services.Load(); services != nil {
		svc = (*services)[name]
	}
	if svc == nil {
		if svc = s.watch(name); svc == nil {
			return nil, false, ErrClosed
		}
	}
	if snap := svc.current.Load(); snap != nil {
		return snap, false, nil
	}
	snap, err = svc.wait(ctx)
	return snap, true, err
}

// watch returns the service, starting its watch if there is none; nil if s is
// closed.
func (s *Stage[Req, Resp]) watch(name string) *service {
	s.mu.Lock()
	defer s.mu.Unlock()
	services := s.services.Load()
	if services == nil {
		return nil
	}
	if svc := (*services)[name]; svc != nil {
		return svc
	}
	svc := newService(name, s.config.Discoverer, s.config.Balancer, s.config.Changed)
	more := make(map[string]*service, len(*services)+1)
	for k, v := range *services {
		more[k] = v
	}
	more[name] = svc
	s.services.Store(&more)
	s.watches.Go(func() { svc.run(s.ctx) })
	return svc
}
