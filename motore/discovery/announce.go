package discovery

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// TagStarted is the tag that says when an instance started, as [time.RFC3339]
// has it. An [Announcer] sets it; [WarmUp] reads it.
const TagStarted = "started"

// DefaultLinger is the pause between deregistration and draining, unless set.
const DefaultLinger = time.Second

// The pause after a failed registration: doubled from one failure to the
// next, up to a bound. A random half of it is left out.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = 30 * time.Second
)

// An Announcement says as what a server makes itself known. The zero value
// does for a server that has a name and listens on an address of its own.
type Announcement struct {
	// Service is the name to register; "" stands for the name that the server
	// was given.
	Service string

	// Host is what clients are to dial, at the port that is listened on. ""
	// stands for the host that is listened on, which then must be one: behind
	// 0.0.0.0 or [::] there is no telling how others reach this machine.
	Host string

	// Address, if not zero, is what clients are to dial, whatever is listened
	// on: behind a translation of ports, say. It is registered once.
	Address rpc.Address

	Weight int               // see [Instance]
	Tags   map[string]string // see [Instance]; [TagStarted] is added

	// Linger is for how long the server goes on as if nothing was, once it is
	// deregistered, before it starts to refuse: the time that clients may take
	// to hear of it. Zero stands for [DefaultLinger]; a negative one for none.
	Linger time.Duration
}

// An Announcer keeps a server registered while it serves. It is the part of
// volothrift.WithRegistrar and vologrpc.WithRegistrar that both share.
//
//	Add… ──► Announce, for each listener ──► Withdraw ──► Wait ──► Linger
//
// A registration that fails is logged and tried again, with pauses of 100
// milliseconds to 30 seconds; the server serves meanwhile.
type Announcer struct {
	server string // its name; may be ""
	log    *slog.Logger
	add    []announcement
	began  string

	mu        sync.Mutex
	announced []*registration
	linger    time.Duration
	withdrawn bool
}

// An announcement is one that a Registrar is to make.
type announcement struct {
	Announcement
	registrar Registrar
}

// A registration is a goroutine that keeps an instance registered.
type registration struct {
	by       int // index of the announcement
	service  string
	instance Instance
	cancel   context.CancelCauseFunc
	ended    chan struct{} // closed when it is over
}

// NewAnnouncer returns an Announcer for the server of this name, which logs to
// log; nil stands for [slog.Default]. Without announcements, it does nothing.
func NewAnnouncer(server string, log *slog.Logger) *Announcer {
	if log == nil {
		log = slog.Default()
	}
	return &Announcer{server: server, log: log, began: time.Now().UTC().Format(time.RFC3339)}
}

// Add makes r announce the server as as says, from the next Announce on.
func (a *Announcer) Add(r Registrar, as Announcement) {
	as.Tags = maps.Clone(as.Tags)
	if as.Tags == nil {
		as.Tags = make(map[string]string, 1)
	}
	if as.Tags[TagStarted] == "" {
		as.Tags[TagStarted] = a.began
	}
	a.add = append(a.add, announcement{as, r})
}

// Announce starts to register what listens at an address, and returns what
// ends that and waits for it. It does not wait for the registration. Listeners
// that are not of TCP count for an Announcement with an Address only. After
// Withdraw it does nothing.
func (a *Announcer) Announce(listening rpc.Address) (withdraw func(), err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var due []*registration
	for i, as := range a.add {
		service, instance, err := as.instance(a.server, listening)
		if err != nil {
			return nil, err
		}
		if !instance.Address.IsZero() && !a.withdrawn && !a.has(i, instance.Address) {
			due = append(due, &registration{by: i, service: service, instance: instance, ended: make(chan struct{})})
			a.linger = max(a.linger, cmp.Or(as.Linger, DefaultLinger))
		}
	}
	for _, r := range due {
		var ctx context.Context
		ctx, r.cancel = context.WithCancelCause(context.Background())
		go a.keep(ctx, r)
	}
	a.announced = append(a.announced, due...)
	return func() { a.end(due) }, nil
}

// has reports whether an announcement has registered the address already;
// a.mu is held.
func (a *Announcer) has(by int, address rpc.Address) bool {
	return slices.ContainsFunc(a.announced, func(r *registration) bool {
		return r.by == by && r.instance.Address == address
	})
}

// end ends some registrations.
func (a *Announcer) end(some []*registration) {
	for _, r := range some {
		r.cancel(nil)
	}
	for _, r := range some {
		<-r.ended
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.announced = slices.DeleteFunc(a.announced, func(r *registration) bool { return slices.Contains(some, r) })
}

// Withdraw begins to end all registrations; Wait waits for that.
func (a *Announcer) Withdraw() { a.withdraw(nil) }

// HandOver is Withdraw for a server that another process succeeds at the same
// addresses: what is registered stays, see [ErrHandedOver], and there is no
// need to linger.
func (a *Announcer) HandOver() {
	a.withdraw(ErrHandedOver)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.linger = 0
}

func (a *Announcer) withdraw(cause error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.withdrawn = true
	for _, r := range a.announced {
		r.cancel(cause)
	}
}

// Wait waits, after Withdraw, until all registrations have ended. If ctx is
// done first, it returns ctx's error.
func (a *Announcer) Wait(ctx context.Context) error {
	a.mu.Lock()
	announced := slices.Clone(a.announced)
	a.mu.Unlock()
	for _, r := range announced {
		select {
		case <-r.ended:
		case <-ctx.Done():
			return fmt.Errorf("discovery: deregistering service %q: %w", r.service, context.Cause(ctx))
		}
	}
	return nil
}

// Linger waits as long as the announcements say, or until ctx is done. If
// nothing has been announced, or this is not the first time, it does not wait.
func (a *Announcer) Linger(ctx context.Context) {
	a.mu.Lock()
	d := a.linger
	a.linger = 0
	a.mu.Unlock()
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// keep keeps an instance registered until ctx is done.
func (a *Announcer) keep(ctx context.Context, r *registration) {
	defer close(r.ended)
	log := a.log.With("service", r.service, "address", r.instance.Address.String())
	pause := firstPause
	for {
		began := time.Now()
		err := a.add[r.by].registrar.Register(ctx, r.service, r.instance)
		if ctx.Err() != nil {
			if err != nil {
				log.Warn("discovery: deregistering failed", "error", err)
			}
			return
		}
		if time.Since(began) > maxPause {
			pause = firstPause // it had worked
		}
		wait := pause/2 + rand.N(pause/2)
		log.Warn("discovery: registering failed", "error", err, "again_in", wait)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, maxPause)
	}
}

// instance is what is registered for a listener; its address is zero if
// nothing is.
func (a announcement) instance(server string, listening rpc.Address) (string, Instance, error) {
	service := cmp.Or(a.Service, server)
	if service == "" {
		return "", Instance{}, fmt.Errorf("discovery: announcing %v: no name: set Announcement.Service, or the name of the server", listening)
	}
	address := a.Address
	if address.IsZero() {
		var err error
		if address, err = reachable(listening, a.Host); err != nil {
			return "", Instance{}, fmt.Errorf("discovery: announcing service %q: %w", service, err)
		}
	}
	return service, Instance{Address: address, Weight: a.Weight, Tags: a.Tags}, nil
}

// reachable returns the address at which others reach a listener. Those that
// are not of TCP, nobody on another machine does.
func reachable(listening rpc.Address, host string) (rpc.Address, error) {
	if listening.Network() != "tcp" {
		return rpc.Address{}, nil
	}
	own, port, err := net.SplitHostPort(listening.String())
	if err != nil {
		return rpc.Address{}, err
	}
	if host == "" {
		host = own
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		return rpc.Address{}, fmt.Errorf("nobody can dial %v: set Announcement.Host to what others reach this machine by", listening)
	}
	return rpc.TCP(net.JoinHostPort(host, port)), nil
}
