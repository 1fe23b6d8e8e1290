package discovery_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/rpc"
)

// A zone is a Resolver that tests write. A name that it does not have does
// not exist.
type zone struct {
	mu    sync.Mutex
	hosts map[string][]string // addresses
	srv   map[string][]net.SRV
	fails map[string]error
	asked []string
	at    []time.Time
}

func notFound(name string) error {
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func (z *zone) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked, z.at = append(z.asked, network+" "+host), append(z.at, time.Now())
	if err := z.fails[host]; err != nil {
		return nil, err
	}
	addresses, ok := z.hosts[host]
	if !ok {
		return nil, notFound(host)
	}
	var ips []netip.Addr
	for _, a := range addresses {
		ips = append(ips, netip.MustParseAddr(a))
	}
	return ips, ctx.Err()
}

func (z *zone) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.asked, z.at = append(z.asked, "srv "+service+proto+name), append(z.at, time.Now())
	records, ok := z.srv[name]
	if !ok {
		return "", nil, cmp.Or(z.fails[name], notFound(name))
	}
	var answer []*net.SRV
	for _, r := range records {
		answer = append(answer, &r)
	}
	return name, answer, z.fails[name]
}

// set makes these the addresses of host; none at all make it unknown.
func (z *zone) set(host string, addresses ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.hosts == nil {
		z.hosts = make(map[string][]string)
	}
	z.hosts[host] = addresses
	if len(addresses) == 0 {
		delete(z.hosts, host)
	}
}

// fail makes lookups of host fail with err; nil makes them work again.
func (z *zone) fail(host string, err error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.fails == nil {
		z.fails = make(map[string]error)
	}
	z.fails[host] = err
}

// lookups returns the times of all lookups so far and forgets them.
func (z *zone) lookups() []time.Time {
	z.mu.Lock()
	defer z.mu.Unlock()
	at := z.at
	z.at = nil
	return at
}

// show writes instances as address*weight; without a weight if it is 0.
func show(instances []discovery.Instance) string {
	var b strings.Builder
	for _, in := range instances {
		fmt.Fprintf(&b, " %v", in.Address)
		if in.Weight != 0 {
			fmt.Fprintf(&b, "*%d", in.Weight)
		}
	}
	return strings.TrimSpace(b.String())
}

func TestDNSAnswers(t *testing.T) {
	z := &zone{
		hosts: map[string][]string{
			"one":                         {"192.0.2.1"},
			"many":                        {"192.0.2.3", "192.0.2.1", "192.0.2.2", "192.0.2.1"},
			"both":                        {"2001:db8::1", "192.0.2.1"},
			"four":                        {"::ffff:192.0.2.1"},
			"none":                        {},
			"zoned":                       {"fe80::1%eth0"},
			"a.":                          {"192.0.2.1"},
			"b.":                          {"192.0.2.2", "192.0.2.3"},
			"c.":                          {"192.0.2.4"},
			"item.shop.svc.cluster.local": {"192.0.2.9"},
		},
		srv: map[string][]net.SRV{
			"_x._tcp.plain":    {{Target: "a.", Port: 1}, {Target: "b.", Port: 2}},
			"_x._tcp.weighted": {{Target: "a.", Port: 1, Weight: 3}, {Target: "b.", Port: 2, Weight: 5}, {Target: "c.", Port: 3}},
			"_x._tcp.greatest": {{Target: "a.", Port: 1, Weight: 65535}},
			"_x._tcp.best":     {{Target: "b.", Port: 2, Priority: 2}, {Target: "a.", Port: 1, Priority: 1}, {Target: "c.", Port: 3, Priority: 1}},
			"_x._tcp.second":   {{Target: "gone.", Port: 1, Priority: 1}, {Target: "c.", Port: 3, Priority: 2}},
			"_x._tcp.partly":   {{Target: "gone.", Port: 1}, {Target: "c.", Port: 3}},
			"_x._tcp.gone":     {{Target: "gone.", Port: 1}},
			"_x._tcp.refused":  {{Target: ".", Port: 0}},
			"_x._tcp.broken":   {{Target: "a.", Port: 1}, {Target: "down.", Port: 1}},
			"_x._tcp.odd":      {{Target: "a.", Port: 1}},
		},
		fails: map[string]error{
			"down": errDown, "down.": errDown,
			"_x._tcp.odd":  errors.New("a record is malformed"),
			"_x._tcp.down": errDown,
		},
	}
	kubernetes := func(service string) string {
		name, namespace, _ := strings.Cut(service, ".")
		return name + "." + namespace + ".svc.cluster.local:8888"
	}
	for _, c := range []struct {
		what    string
		config  discovery.DNSConfig
		service string
		want    string
		err     string
	}{
		{"one address", discovery.DNSConfig{}, "one:80", "192.0.2.1:80", ""},
		{"all of them, sorted, once each", discovery.DNSConfig{}, "many:80", "192.0.2.1:80 192.0.2.2:80 192.0.2.3:80", ""},
		{"both versions", discovery.DNSConfig{}, "both:80", "192.0.2.1:80 [2001:db8::1]:80", ""},
		{"version 4 as version 6", discovery.DNSConfig{}, "four:80", "192.0.2.1:80", ""},
		{"an address with a zone", discovery.DNSConfig{}, "zoned:80", "[fe80::1%eth0]:80", ""},
		{"a port by default", discovery.DNSConfig{Port: "50051"}, "one", "192.0.2.1:50051", ""},
		{"a port that is empty", discovery.DNSConfig{Port: "50051"}, "one:", "192.0.2.1:50051", ""},
		{"a port of its own before the default", discovery.DNSConfig{Port: "50051"}, "one:80", "192.0.2.1:80", ""},
		{"a name of Kubernetes", discovery.DNSConfig{Name: kubernetes}, "item.shop", "192.0.2.9:8888", ""},
		{"an address is itself", discovery.DNSConfig{}, "192.0.2.7:80", "192.0.2.7:80", ""},
		{"one of version 6, too", discovery.DNSConfig{}, "[2001:db8::7]:80", "[2001:db8::7]:80", ""},
		{"and without a port", discovery.DNSConfig{Port: "80"}, "2001:db8::7", "[2001:db8::7]:80", ""},
		{"and in brackets", discovery.DNSConfig{Port: "80"}, "[2001:db8::7]", "[2001:db8::7]:80", ""},

		{"SRV without weights", discovery.DNSConfig{}, "_x._tcp.plain", "192.0.2.1:1 192.0.2.2:2 192.0.2.3:2", ""},
		{"SRV with weights, shared by addresses", discovery.DNSConfig{}, "_x._tcp.weighted",
			"192.0.2.1:1*3 192.0.2.2:2*2 192.0.2.3:2*2 192.0.2.4:3*1", ""},
		{"the greatest weight", discovery.DNSConfig{}, "_x._tcp.greatest", "192.0.2.1:1*65535", ""},
		{"the best priority", discovery.DNSConfig{}, "_x._tcp.best", "192.0.2.1:1 192.0.2.4:3", ""},
		{"the second best, if the best has no address", discovery.DNSConfig{}, "_x._tcp.second", "192.0.2.4:3", ""},
		{"targets without an address are left out", discovery.DNSConfig{}, "_x._tcp.partly", "192.0.2.4:3", ""},
		{"malformed records do no harm", discovery.DNSConfig{}, "_x._tcp.odd", "192.0.2.1:1", ""},

		{"no port", discovery.DNSConfig{}, "one", "", `discovery: dns: service "one": name "one" has no port, and DNSConfig.Port is not set`},
		{"no host", discovery.DNSConfig{}, ":80", "", `discovery: dns: service ":80": name ":80" has no host`},
		{"nothing", discovery.DNSConfig{}, "", "", `discovery: dns: service "": name "" has no host`},
		{"many colons", discovery.DNSConfig{}, "one:2:3", "", `discovery: dns: service "one:2:3": name "one:2:3": address one:2:3: too many colons in address`},
		{"SRV with a port", discovery.DNSConfig{}, "_x._tcp.plain:80", "",
			`discovery: dns: service "_x._tcp.plain:80": name "_x._tcp.plain:80": SRV records have ports of their own`},
		{"no such name", discovery.DNSConfig{}, "gone:80", "", `discovery: dns: lookup gone: no such host`},
		{"no addresses", discovery.DNSConfig{}, "none:80", "", `discovery: dns: lookup none: no addresses`},
		{"no resolver", discovery.DNSConfig{}, "down:80", "", `discovery: dns: registry is down`},
		{"no such SRV", discovery.DNSConfig{}, "_x._tcp.not", "", `discovery: dns: lookup _x._tcp.not: no such host`},
		{"SRV fails", discovery.DNSConfig{}, "_x._tcp.down", "", `discovery: dns: registry is down`},
		{"SRV says no", discovery.DNSConfig{}, "_x._tcp.refused", "", `discovery: dns: lookup _x._tcp.refused: no addresses`},
		{"no target has an address", discovery.DNSConfig{}, "_x._tcp.gone", "",
			`discovery: dns: lookup _x._tcp.gone: its targets have no addresses`},
		{"a target's lookup fails", discovery.DNSConfig{}, "_x._tcp.broken", "", `discovery: dns: registry is down`},
	} {
		c.config.Resolver = z
		got, err := discovery.Resolve(t.Context(), discovery.NewDNS(c.config), c.service)
		if show(got) != c.want {
			t.Errorf("%s: got %s, want %s", c.what, show(got), c.want)
		}
		if text := fmt.Sprint(err); c.err == "" && err != nil || c.err != "" && !strings.HasSuffix(text, c.err) {
			t.Errorf("%s: got error %q, want %q", c.what, text, c.err)
		}
	}
}

func TestDNSAsksForTheNetworkThatIsSet(t *testing.T) {
	for network, want := range map[string]string{"": "ip one", "ip4": "ip4 one", "ip6": "ip6 one"} {
		z := &zone{hosts: map[string][]string{"one": {"192.0.2.1"}}}
		d := discovery.NewDNS(discovery.DNSConfig{Network: network, Resolver: z})
		if _, err := discovery.Resolve(t.Context(), d, "one:80"); err != nil || z.asked[0] != want {
			t.Errorf("network %q: got question %q, %v, want %q", network, z.asked, err, want)
		}
	}
}

// TestDNSLife follows a name through what may happen to it.
func TestDNSLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := new(zone)
		var mu sync.Mutex // guards what Watch has said
		failure := ""
		d := discovery.NewDNS(discovery.DNSConfig{Resolver: z, OnError: func(service string, err error) {
			mu.Lock()
			defer mu.Unlock()
			failure = fmt.Sprintf("%s: %v", service, err)
		}})
		z.set("shop", "192.0.2.1")
		var got []string
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- d.Watch(ctx, "shop:80", func(instances []discovery.Instance) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, "["+show(instances)+"]")
			})
		}()
		synctest.Wait()
		step := func(what string, change func(), wait time.Duration, want, wantFailure string) {
			t.Helper()
			change()
			time.Sleep(wait)
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			if s := strings.Join(got, " "); s != want || failure != wantFailure {
				t.Errorf("%s: got %s and failure %q, want %s and %q", what, s, failure, want, wantFailure)
			}
			got, failure = nil, ""
		}
		nothing := func() {}
		const (
			down = "shop:80: discovery: dns: registry is down"
			gone = "shop:80: discovery: dns: lookup shop: no such host"
		)
		step("it is there", nothing, 0, "[192.0.2.1:80]", "")
		step("the same answer is no news", nothing, time.Hour, "", "")
		step("another comes", func() { z.set("shop", "192.0.2.2", "192.0.2.1") }, 33*time.Second, "[192.0.2.1:80 192.0.2.2:80]", "")
		step("another order is no news", func() { z.set("shop", "192.0.2.1", "192.0.2.2") }, time.Minute, "", "")
		step("lookups fail: what is known is kept", func() { z.fail("shop", errDown) }, 33*time.Second, "", down)
		step("for a day", nothing, 24*time.Hour, "", down)
		step("they work again", func() { z.fail("shop", nil); z.set("shop", "192.0.2.3") }, 33*time.Second, "[192.0.2.3:80]", "")
		step("nothing is found, twice", func() {
			z.set("shop")
			z.lookups()
			for len(z.lookups()) == 0 {
				time.Sleep(10 * time.Millisecond)
			}
		}, 1200*time.Millisecond, "", gone)
		step("and once more", nothing, 2200*time.Millisecond, "[]", gone)
		step("it stays away", nothing, time.Hour, "", gone)
		step("it is back", func() { z.set("shop", "192.0.2.1") }, 33*time.Second, "[192.0.2.1:80]", "")
		step("nothing is found, then lookups fail, then nothing is found: nobody is sure", func() {
			z.set("shop")
			z.lookups()
			for n := range 6 {
				if n%2 == 1 {
					z.fail("shop", errDown)
				}
				for len(z.lookups()) == 0 {
					time.Sleep(10 * time.Millisecond)
				}
				z.fail("shop", nil)
			}
			z.set("shop", "192.0.2.1")
		}, time.Minute, "", down)
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v from Watch, want context.Canceled", err)
		}
	})
}

// gaps watches service through d until it has made n lookups, and returns the
// pauses between them.
func gaps(t *testing.T, d *discovery.DNS, z *zone, n int) []time.Duration {
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Watch(ctx, "shop:80", func([]discovery.Instance) {}) }()
	var at []time.Time
	for len(at) < n {
		time.Sleep(time.Second)
		at = append(at, z.lookups()...)
	}
	stop()
	<-ended
	var between []time.Duration
	for i := range n - 1 {
		between = append(between, at[i+1].Sub(at[i]))
	}
	return between
}

func TestDNSTimes(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		what     string
		interval time.Duration
		fail     error // from the second lookup on
		want     []time.Duration
	}{
		{"by default", 0, nil, []time.Duration{30 * s, 30 * s, 30 * s, 30 * s}},
		{"as set", 5 * s, nil, []time.Duration{5 * s, 5 * s, 5 * s}},
		{"after failures", 0, errDown, []time.Duration{30 * s, s, 2 * s, 4 * s, 8 * s, 16 * s, 30 * s, 30 * s}},
		{"after finding nothing", 10 * s, notFound("shop"), []time.Duration{10 * s, s, 2 * s, 4 * s, 8 * s, 10 * s, 10 * s}},
		{"never more often than the interval", s / 2, errDown, []time.Duration{s / 2, s / 2, s / 2}},
	} {
		synctest.Test(t, func(t *testing.T) {
			z := new(zone)
			z.set("shop", "192.0.2.1")
			d := discovery.NewDNS(discovery.DNSConfig{Resolver: z, Interval: c.interval})
			time.AfterFunc(s/4, func() { z.fail("shop", c.fail) })
			varied := false
			for i, got := range gaps(t, d, z, len(c.want)+1) {
				want := c.want[i]
				if got < want-want/10 || got > want+want/10+1 {
					t.Errorf("%s: got pause %d of %v, want %v plus or minus a tenth", c.what, i, got, want)
				}
				varied = varied || got != want
			}
			if !varied {
				t.Errorf("%s: got no jitter", c.what)
			}
		})
	}
}

func TestDNSRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := new(zone)
		z.set("shop", "192.0.2.1")
		d := discovery.NewDNS(discovery.DNSConfig{Resolver: z, Interval: time.Hour})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- d.Watch(ctx, "shop:80", func([]discovery.Instance) {}) }()
		synctest.Wait()
		z.lookups()
		for _, c := range []struct {
			what    string
			refresh string
			times   int
			within  time.Duration
			want    int
		}{
			{"too soon after the last lookup", "shop:80", 1, 4 * time.Second, 0},
			{"but it is not forgotten", "", 0, 2 * time.Second, 1},
			{"many at once are one", "shop:80", 1000, 10 * time.Second, 1},
			{"at once, if the last is long ago", "shop:80", 1, 0, 1},
			{"another service", "other:80", 1, time.Minute, 0},
			{"none", "", 0, time.Minute, 0},
		} {
			for range c.times {
				d.Refresh(c.refresh)
			}
			time.Sleep(c.within)
			synctest.Wait()
			if got := len(z.lookups()); got != c.want {
				t.Errorf("%s: got %d lookups, want %d", c.what, got, c.want)
			}
		}
		stop()
		<-ended
	})
}

func TestDNSLookupsAreBounded(t *testing.T) {
	for _, c := range []struct {
		timeout, want time.Duration
	}{{0, 10 * time.Second}, {time.Second, time.Second}} {
		synctest.Test(t, func(t *testing.T) {
			d := discovery.NewDNS(discovery.DNSConfig{Resolver: silent{}, Timeout: c.timeout})
			start := time.Now()
			_, err := discovery.Resolve(t.Context(), d, "shop:80")
			if took := time.Since(start); took != c.want || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("time-out %v: got %v after %v, want a deadline exceeded after %v", c.timeout, err, took, c.want)
			}
		})
	}
}

// silent is a Resolver that never answers.
type silent struct{}

func (silent) LookupNetIP(ctx context.Context, _, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func (silent) LookupSRV(ctx context.Context, _, _, _ string) (string, []*net.SRV, error) {
	<-ctx.Done()
	return "", nil, ctx.Err()
}

// Lookups of the targets of SRV records run at once, but not all of them.
func TestDNSLooksTargetsUpTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crowd{}
		d := discovery.NewDNS(discovery.DNSConfig{Resolver: c})
		start := time.Now()
		got, err := discovery.Resolve(t.Context(), d, "_x._tcp.shop")
		if len(got) != 40 || err != nil {
			t.Errorf("got %d instances, %v, want 40", len(got), err)
		}
		if took := time.Since(start); c.most != 8 || took != 5*time.Second {
			t.Errorf("got %d lookups at a time and %v for all, want 8 and 5s", c.most, took)
		}
	})
}

// A crowd has 40 targets, each of which takes a second to look up.
type crowd struct {
	mu        sync.Mutex
	now, most int
}

func (*crowd) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	var all []*net.SRV
	for i := range 40 {
		all = append(all, &net.SRV{Target: fmt.Sprintf("t%d.", i), Port: uint16(i)})
	}
	return "", all, nil
}

func (c *crowd) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	c.count(+1)
	defer c.count(-1)
	time.Sleep(time.Second)
	return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
}

func (c *crowd) count(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += n
	c.most = max(c.most, c.now)
}

func TestDNSConforms(t *testing.T) {
	discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
		z := new(zone)
		z.set("shop", "192.0.2.200")
		return discoverytest.Subject{
			Discoverer: discovery.NewDNS(discovery.DNSConfig{Resolver: z, Interval: time.Millisecond}),
			Service:    "shop:8080",
			Set: func(_ *testing.T, instances []discovery.Instance) {
				var addresses []string
				for _, in := range instances {
					host, _, _ := net.SplitHostPort(in.Address.String())
					addresses = append(addresses, host)
				}
				z.set("shop", addresses...)
			},
			AddressOnly: true,
		}
	})
}

func TestDNSOfAnAddressConforms(t *testing.T) {
	discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
		return discoverytest.Subject{
			Discoverer: discovery.NewDNS(discovery.DNSConfig{}),
			Service:    "192.0.2.1:8888",
			Initial:    []discovery.Instance{{Address: rpc.TCP("192.0.2.1:8888")}},
		}
	})
}

// A headless service of Kubernetes, by the short name that callers use.
func ExampleNewDNS() {
	d := discovery.NewDNS(discovery.DNSConfig{
		Name: func(service string) string { return service + ".svc.cluster.local" },
		Port: "8888",
		// Stands in for the resolver of the cluster.
		Resolver: &zone{hosts: map[string][]string{"item.shop.svc.cluster.local": {"192.0.2.2", "192.0.2.1"}}},
	})
	instances, err := discovery.Resolve(context.Background(), d, "item.shop")
	for _, in := range instances {
		fmt.Println(in.Address)
	}
	fmt.Println(err)
	// Output:
	// 192.0.2.1:8888
	// 192.0.2.2:8888
	// <nil>
}
