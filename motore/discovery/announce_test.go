package discovery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/rpc"
)

// found lists what f knows of the service, sorted.
func found(t *testing.T, f *discoverytest.Fake, service string) string {
	t.Helper()
	instances, err := discovery.Resolve(t.Context(), f, service)
	if err != nil {
		t.Error(err)
	}
	slices.SortFunc(instances, func(a, b discovery.Instance) int {
		return strings.Compare(a.Address.String(), b.Address.String())
	})
	return show(instances)
}

func TestAnnounce(t *testing.T) {
	type as = discovery.Announcement
	tcp := func(s ...string) []rpc.Address {
		var all []rpc.Address
		for _, a := range s {
			all = append(all, rpc.TCP(a))
		}
		return all
	}
	for _, c := range []struct {
		what   string
		server string
		as     as
		listen []rpc.Address
		want   string // of shop.item
		err    string
	}{
		{"the server's name and its address", "shop.item", as{}, tcp("192.0.2.1:80"), "192.0.2.1:80", ""},
		{"a name of its own", "items", as{Service: "shop.item"}, tcp("192.0.2.1:80"), "192.0.2.1:80", ""},
		{"a weight", "shop.item", as{Weight: 7}, tcp("192.0.2.1:80"), "192.0.2.1:80*7", ""},
		{"all listeners", "shop.item", as{}, tcp("192.0.2.1:80", "[2001:db8::1]:81"), "192.0.2.1:80 [2001:db8::1]:81", ""},
		{"a host", "shop.item", as{Host: "pod-7"}, tcp("0.0.0.0:80"), "pod-7:80", ""},
		{"a host of version 6", "shop.item", as{Host: "2001:db8::7"}, tcp("[::]:80"), "[2001:db8::7]:80", ""},
		{"a host for several ports", "shop.item", as{Host: "pod-7"}, tcp("[::]:80", "[::]:81"), "pod-7:80 pod-7:81", ""},
		{"an address", "shop.item", as{Address: rpc.TCP("lb:30080")}, tcp("[::]:80"), "lb:30080", ""},
		{"an address, once", "shop.item", as{Address: rpc.TCP("lb:30080")}, tcp("[::]:80", "[::]:81"), "lb:30080", ""},
		{"an address for a socket", "shop.item", as{Address: rpc.Unix("/run/a")}, []rpc.Address{rpc.Unix("/run/a")}, "unix:/run/a", ""},
		{"sockets are nobody else's", "shop.item", as{}, []rpc.Address{rpc.Unix("/run/a"), rpc.TCP("a:1")}, "a:1", ""},
		{"the same twice", "shop.item", as{}, tcp("a:1", "a:1"), "a:1", ""},

		{"no name", "", as{}, tcp("a:1"), "",
			"discovery: announcing a:1: no name: set Announcement.Service, or the name of the server"},
		{"no host", "shop.item", as{}, tcp(":80"), "",
			`discovery: announcing service "shop.item": nobody can dial :80: set Announcement.Host to what others reach this machine by`},
		{"all addresses of version 4", "shop.item", as{}, tcp("0.0.0.0:80"), "",
			`discovery: announcing service "shop.item": nobody can dial 0.0.0.0:80: set Announcement.Host to what others reach this machine by`},
		{"all addresses", "shop.item", as{}, tcp("[::]:80"), "",
			`discovery: announcing service "shop.item": nobody can dial [::]:80: set Announcement.Host to what others reach this machine by`},
		{"a host that is none", "shop.item", as{Host: "0.0.0.0"}, tcp("a:1"), "",
			`discovery: announcing service "shop.item": nobody can dial a:1: set Announcement.Host to what others reach this machine by`},
	} {
		synctest.Test(t, func(t *testing.T) {
			var f discoverytest.Fake
			a := discovery.NewAnnouncer(c.server, nil)
			a.Add(&f, c.as)
			for _, l := range c.listen {
				if _, err := a.Announce(l); err != nil && err.Error() != c.err || err == nil && c.err != "" {
					t.Errorf("%s: got error %v, want %q", c.what, err, c.err)
				}
			}
			synctest.Wait()
			if got := found(t, &f, "shop.item"); got != c.want {
				t.Errorf("%s: got %s, want %s", c.what, got, c.want)
			}
			withdraw(t, a)
			if got := found(t, &f, "shop.item"); got != "" {
				t.Errorf("%s: got %s after Withdraw, want none", c.what, got)
			}
		})
	}
}

func withdraw(t *testing.T, a *discovery.Announcer) {
	t.Helper()
	a.Withdraw()
	if err := a.Wait(t.Context()); err != nil {
		t.Errorf("got %v from Wait, want nil", err)
	}
}

func TestAnnounceTags(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		a := discovery.NewAnnouncer("s", nil)
		time.Sleep(time.Hour)
		mine := map[string]string{"zone": "x"}
		a.Add(&f, discovery.Announcement{Address: rpc.TCP("a:1"), Tags: mine})
		a.Add(&f, discovery.Announcement{Address: rpc.TCP("b:1"), Tags: map[string]string{"started": "yesterday"}})
		a.Announce(rpc.TCP("[::]:80"))
		synctest.Wait()
		got := map[string]map[string]string{}
		instances, _ := discovery.Resolve(t.Context(), &f, "s")
		for _, in := range instances {
			got[in.Address.String()] = in.Tags
		}
		want := "map[a:1:map[started:2000-01-01T00:00:00Z zone:x] b:1:map[started:yesterday]]"
		if text := fmt.Sprint(got); text != want || len(mine) != 1 {
			t.Errorf("got %s and the caller's map %v, want %s and the map unchanged", text, mine, want)
		}
		withdraw(t, a)
	})
}

// One listener ends, the others stay; it may come back.
func TestWithdrawOneListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		a := discovery.NewAnnouncer("s", nil)
		a.Add(&f, discovery.Announcement{})
		end, _ := a.Announce(rpc.TCP("a:1"))
		a.Announce(rpc.TCP("b:1"))
		for range 2 {
			synctest.Wait()
			if got := found(t, &f, "s"); got != "a:1 b:1" {
				t.Errorf("got %s, want both", got)
			}
			end()
			if got := found(t, &f, "s"); got != "b:1" {
				t.Errorf("got %s, want b:1", got)
			}
			end, _ = a.Announce(rpc.TCP("a:1"))
		}
		withdraw(t, a)
		end()
		a.Announce(rpc.TCP("c:1"))
		synctest.Wait()
		if got := found(t, &f, "s"); got != "" {
			t.Errorf("got %s after Withdraw, want none", got)
		}
	})
}

// flaky fails the registrations that it is told to, with the error that it is
// told, and records when it is asked.
type flaky struct {
	mu    sync.Mutex
	fails int
	lasts time.Duration // how long the others last; 0 for until the end
	atEnd error
	asked []time.Time
}

func (f *flaky) Register(ctx context.Context, _ string, _ discovery.Instance) error {
	f.mu.Lock()
	f.asked = append(f.asked, time.Now())
	f.fails--
	failing := f.fails >= 0
	f.mu.Unlock()
	if failing {
		return errDown
	}
	if f.lasts > 0 {
		ctx, cancel := context.WithTimeout(ctx, f.lasts)
		defer cancel()
		<-ctx.Done()
		return errDown
	}
	<-ctx.Done()
	return f.atEnd
}

func TestRegistrationIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{fails: 15}
		var log bytes.Buffer
		a := discovery.NewAnnouncer("s", slog.New(slog.NewTextHandler(&log, nil)))
		a.Add(f, discovery.Announcement{})
		a.Announce(rpc.TCP("a:1"))
		time.Sleep(time.Hour)
		withdraw(t, a)
		if len(f.asked) != 16 {
			t.Fatalf("got %d registrations, want 15 that fail and one", len(f.asked))
		}
		for i := range 15 {
			most := min(100*time.Millisecond<<i, 30*time.Second)
			if got := f.asked[i+1].Sub(f.asked[i]); got < most/2 || got > most {
				t.Errorf("pause %d: got %v, want %v to %v", i, got, most/2, most)
			}
		}
		want := `msg="discovery: registering failed" service=s address=a:1 error="registry is down"`
		if got := log.String(); strings.Count(got, want) != 15 {
			t.Errorf("got log\n%s\nwant %s 15 times", got, want)
		}
	})
}

func TestPausesAreShortAgainAfterARegistrationThatLasted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{lasts: time.Minute}
		a := discovery.NewAnnouncer("s", slog.New(slog.DiscardHandler))
		a.Add(f, discovery.Announcement{})
		a.Announce(rpc.TCP("a:1"))
		time.Sleep(time.Hour)
		withdraw(t, a)
		for i := range len(f.asked) - 1 {
			if got := f.asked[i+1].Sub(f.asked[i]); got > time.Minute+100*time.Millisecond {
				t.Errorf("got registration %d %v after the one before, which lasted a minute", i+1, got)
			}
		}
	})
}

func TestWithdrawEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{fails: 1000}
		a := discovery.NewAnnouncer("s", slog.New(slog.DiscardHandler))
		a.Add(f, discovery.Announcement{})
		a.Announce(rpc.TCP("a:1"))
		time.Sleep(time.Hour)
		synctest.Wait()
		start, asked := time.Now(), len(f.asked)
		a.Withdraw()
		if err := a.Wait(t.Context()); err != nil || time.Since(start) > 0 || len(f.asked) != asked {
			t.Errorf("got %v after %v and %d more registrations, want nil at once and none",
				err, time.Since(start), len(f.asked)-asked)
		}
	})
}

func TestWithdrawIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		a := discovery.NewAnnouncer("s", nil)
		a.Add(stuck(release), discovery.Announcement{})
		a.Announce(rpc.TCP("a:1"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		a.Withdraw()
		err := a.Wait(ctx)
		if want := `discovery: deregistering service "s": context deadline exceeded`; fmt.Sprint(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
		close(release)
		if err := a.Wait(t.Context()); err != nil {
			t.Errorf("got %v once the registrar returns, want nil", err)
		}
	})
}

// stuck is a Registrar that returns when it is closed.
type stuck chan struct{}

func (s stuck) Register(context.Context, string, discovery.Instance) error {
	<-s
	return nil
}

func TestDeregistrationThatFailsIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		a := discovery.NewAnnouncer("s", slog.New(slog.NewTextHandler(&log, nil)))
		a.Add(&flaky{atEnd: errors.New("registry is gone")}, discovery.Announcement{})
		a.Announce(rpc.TCP("a:1"))
		synctest.Wait()
		withdraw(t, a)
		if want := `msg="discovery: deregistering failed" service=s address=a:1 error="registry is gone"`; !strings.Contains(log.String(), want) {
			t.Errorf("got log\n%s\nwant %s", log.String(), want)
		}
	})
}

func TestLinger(t *testing.T) {
	for _, c := range []struct {
		what     string
		as       []time.Duration // Linger of each announcement
		announce bool
		allowed  time.Duration
		want     time.Duration
	}{
		{"by default", []time.Duration{0}, true, time.Hour, time.Second},
		{"as set", []time.Duration{5 * time.Second}, true, time.Hour, 5 * time.Second},
		{"none", []time.Duration{-1}, true, time.Hour, 0},
		{"the longest counts", []time.Duration{time.Second, 3 * time.Second, -1}, true, time.Hour, 3 * time.Second},
		{"not longer than allowed", []time.Duration{time.Hour}, true, time.Minute, time.Minute},
		{"nothing announced", []time.Duration{time.Hour}, false, time.Hour, 0},
		{"nothing to announce", nil, true, time.Hour, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := discovery.NewAnnouncer("s", nil)
			for i, d := range c.as {
				a.Add(new(discoverytest.Fake), discovery.Announcement{Linger: d, Service: fmt.Sprint(i)})
			}
			if c.announce {
				a.Announce(rpc.TCP("a:1"))
			}
			withdraw(t, a)
			ctx, cancel := context.WithTimeout(t.Context(), c.allowed)
			defer cancel()
			start := time.Now()
			a.Linger(ctx)
			if got := time.Since(start); got != c.want {
				t.Errorf("%s: got %v, want %v", c.what, got, c.want)
			}
			start = time.Now()
			a.Linger(ctx)
			if got := time.Since(start); got != 0 {
				t.Errorf("%s: got %v more the second time, want none", c.what, got)
			}
		})
	}
}
