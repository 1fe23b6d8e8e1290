package discovery

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Defaults of a [DNSConfig], and what it does not set.
const (
	DefaultDNSInterval = 30 * time.Second
	DefaultDNSTimeout  = 10 * time.Second

	// dnsRefresh is how far apart lookups are at least, however often
	// [DNS.Refresh] is called.
	dnsRefresh = 5 * time.Second
	// dnsRetry is the pause after a failed lookup; it doubles from one failure
	// to the next, up to the interval.
	dnsRetry = time.Second
	// dnsEmpty is how many lookups in a row must find nothing before a
	// service that had instances has none.
	dnsEmpty = 3
)

// A DNSConfig says how a [DNS] looks names up. The zero value looks up names
// with ports by the resolver of the system, every half a minute.
type DNSConfig struct {
	// Name returns the name to look up for a service, in one of the forms that
	// [DNS] takes; nil looks up the service itself.
	Name func(service string) string

	// Port is the port of names that have none; with "", they fail.
	Port string

	// Network is "ip" for addresses of both versions, which is what "" stands
	// for, or "ip4" or "ip6". A process that has an address of each version
	// counts as two instances, so that one of the two is the better choice
	// wherever it does.
	Network string

	// Interval is how long an answer is used before the next lookup, plus or
	// minus a tenth; zero stands for [DefaultDNSInterval].
	Interval time.Duration

	// Timeout bounds a lookup; zero stands for [DefaultDNSTimeout].
	Timeout time.Duration

	// Resolver answers; nil stands for [net.DefaultResolver].
	Resolver Resolver

	// OnError, if not nil, is told of each lookup that fails or finds nothing
	// after there has been an answer, which Watch therefore does not return.
	// It returns quickly; each watch calls it from its own goroutine.
	OnError func(service string, err error)
}

// A Resolver looks names up. [net.Resolver] is one and says what the methods
// do.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
	LookupSRV(ctx context.Context, service, proto, name string) (cname string, records []*net.SRV, err error)
}

// A DNS is a [Discoverer] that looks names up again and again:
//
//	shop.example:8888         all A and AAAA records
//	shop.example              the same, at [DNSConfig.Port]
//	_grpc._tcp.shop.example   SRV records, which have ports and weights
//	192.0.2.1:8888, [::1]:80  an address, which never changes
//
// A headless service of Kubernetes is the first kind (item.shop.svc:8888) or,
// for a named port, the third (_grpc._tcp.item.shop.svc.cluster.local).
//
// The resolver of package net, which alone knows how this machine is set up
// to look names up, does not tell how long its answers hold. So they are
// renewed by interval, which costs a question to the cache that most machines
// have nearby; and sooner on [DNS.Refresh].
//
// A watch fails if its first lookup fails or finds nothing, and says why. After
// that the last good answer is kept while lookups fail, for however long. One
// that finds nothing, be it that the name does not exist or that it has no
// addresses, is a failure, too, until three in a row have said so; then the
// service has no instances. Failed lookups are repeated after a second, two,
// four and so on, up to the interval.
//
// Of SRV records those of the best priority count whose targets have
// addresses. A target's weight is shared by its addresses, of which each gets
// at least 1; so does a target of weight 0, if others have more.
type DNS struct {
	config DNSConfig

	mu      sync.Mutex
	refresh map[string]chan struct{} // by service; closed by Refresh
}

// NewDNS returns a Discoverer that looks names up as c says.
func NewDNS(c DNSConfig) *DNS {
	if c.Name == nil {
		c.Name = func(service string) string { return service }
	}
	if c.Network == "" {
		c.Network = "ip"
	}
	if c.Interval <= 0 {
		c.Interval = DefaultDNSInterval
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultDNSTimeout
	}
	if c.Resolver == nil {
		c.Resolver = net.DefaultResolver
	}
	if c.OnError == nil {
		c.OnError = func(string, error) {}
	}
	return &DNS{config: c, refresh: make(map[string]chan struct{})}
}

// Watch implements [Discoverer].
func (d *DNS) Watch(ctx context.Context, service string, update func([]Instance)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	q, err := d.question(service)
	if err != nil {
		return err
	}
	if q.fixed != nil {
		update(q.fixed)
		return nil
	}
	w := dnsWatch{d: d, service: service, question: q, update: update}
	for {
		refresh := d.refreshed(service)
		if err := w.look(ctx); err != nil {
			return err
		}
		if err := w.pause(ctx, refresh); err != nil {
			return err
		}
	}
}

// Refresh implements [Refresher]: watches of service look again at once,
// unless they have looked within the last five seconds; then, when these are
// over.
func (d *DNS) Refresh(service string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.refresh[service]; c != nil {
		close(c)
		delete(d.refresh, service)
	}
}

// refreshed returns a channel that the next Refresh of service closes.
func (d *DNS) refreshed(service string) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refresh[service] == nil {
		d.refresh[service] = make(chan struct{})
	}
	return d.refresh[service]
}

// A dnsWatch is one call of Watch.
type dnsWatch struct {
	d        *DNS
	service  string
	question question
	update   func([]Instance)

	known    bool       // there has been an answer
	last     []Instance // the answer in use
	failures int        // lookups in a row that failed or found nothing
	nothing  int        // of these, the last ones that found nothing
}

// look looks up once. It returns an error only if the watch cannot go on.
func (w *dnsWatch) look(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, w.d.config.Timeout)
	found, err := w.question.ask(limited, w.d.config)
	cancel()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil:
		w.failures, w.nothing = 0, 0
		w.use(found)
		return nil
	case !w.known:
		return err
	}
	w.failures++
	w.nothing++
	if !isNothing(err) {
		w.nothing = 0
	}
	if w.nothing >= dnsEmpty {
		w.use(nil)
	}
	w.d.config.OnError(w.service, err)
	return nil
}

// use hands an answer over, unless it is the one in use.
func (w *dnsWatch) use(instances []Instance) {
	if w.known && Diff(w.last, instances).IsZero() {
		return
	}
	w.known, w.last = true, instances
	w.update(instances)
}

// pause waits until it is time to look again.
func (w *dnsWatch) pause(ctx context.Context, refresh <-chan struct{}) error {
	interval := w.d.config.Interval
	soonest := time.NewTimer(min(dnsRefresh, interval))
	defer soonest.Stop()
	next := time.NewTimer(jitter(w.interval()))
	defer next.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-next.C:
		return nil
	case <-refresh:
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-next.C:
	case <-soonest.C:
	}
	return nil
}

// interval is how long to wait, given how lookups have gone.
func (w *dnsWatch) interval() time.Duration {
	most := w.d.config.Interval
	if w.failures == 0 {
		return most
	}
	return min(most, dnsRetry<<min(w.failures-1, 20))
}

// jitter returns d plus or minus a tenth, so that clients that start together
// do not go on asking together.
func jitter(d time.Duration) time.Duration {
	d = min(d, math.MaxInt64/2)
	return d - d/10 + rand.N(d/5+1)
}

// errNothing is found when a lookup succeeds without anything to show.
var errNothing = errors.New("no addresses")

// isNothing reports whether err says that there is nothing to find, rather
// than that nobody could tell.
func isNothing(err error) bool {
	if lookup, ok := errors.AsType[*net.DNSError](err); ok {
		return lookup.IsNotFound
	}
	return errors.Is(err, errNothing)
}

// question parses what is to be looked up for service.
func (d *DNS) question(service string) (question, error) {
	q, err := parseQuestion(d.config.Name(service), d.config.Port)
	if err != nil {
		return q, fmt.Errorf("discovery: dns: service %q: %w", service, err)
	}
	return q, nil
}
