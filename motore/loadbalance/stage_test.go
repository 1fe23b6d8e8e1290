package loadbalance_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/rpc"
)

// A request is what frameworks have an envelope for.
type request struct {
	service string
	used    []string // the addresses it was told to use, in order
}

func toItems() *request { return &request{service: "shop.item"} }

type (
	config = loadbalance.Config[*request, string]
	stage  = loadbalance.Stage[*request, string]
)

// configOf returns a config that takes instances in the order of the snapshot.
func configOf(d discovery.Discoverer) config {
	return config{
		Discoverer: d,
		Balancer:   loadbalance.BalancerFunc(inOrder),
		Service:    func(req *request) string { return req.service },
		Use: func(req *request, in discovery.Instance) {
			req.used = append(req.used, in.Address.String())
		},
	}
}

func inOrder(instances []discovery.Instance) loadbalance.Picker {
	return loadbalance.PickerFunc(func(_ context.Context, tried loadbalance.Tried) (int, error) {
		for i := range instances {
			if !tried.Has(i) {
				return i, nil
			}
		}
		return 0, loadbalance.ErrNoInstance
	})
}

func at(addresses ...string) []discovery.Instance {
	var instances []discovery.Instance
	for _, a := range addresses {
		instances = append(instances, discovery.Instance{Address: rpc.TCP(a), Weight: 1})
	}
	return instances
}

// where is the service that answers with the address it was reached at.
var where = motore.ServiceFunc[*request, string](func(_ context.Context, req *request) (string, error) {
	return req.used[len(req.used)-1], nil
})

// An unsent error says whether the call may go elsewhere.
type unsent bool

func (e unsent) Error() string   { return fmt.Sprintf("dial failed, retryable: %v", bool(e)) }
func (e unsent) Retryable() bool { return bool(e) }

var errApp = errors.New("application error")

func TestFailover(t *testing.T) {
	type script = motoretest.Script[*request, string]
	for _, c := range []struct {
		what      string
		instances []discovery.Instance
		most      int // MaxAttempts
		next      *script
		want      string
		err       error // what errors.Is finds
		text      string
		used      []string
	}{
		{"the first attempt succeeds", at("a:1", "b:1"), 0, motoretest.New[*request, string]().Return("ok"),
			"ok", nil, "", []string{"a:1"}},
		{"nothing was sent, the next one succeeds", at("a:1", "b:1"), 0, motoretest.New[*request, string]().Fail(unsent(true)).Return("ok"),
			"ok", nil, "", []string{"a:1", "b:1"}},
		{"the error says so somewhere inside", at("a:1", "b:1"), 0,
			motoretest.New[*request, string]().Fail(fmt.Errorf("call: %w", unsent(true))).Return("ok"),
			"ok", nil, "", []string{"a:1", "b:1"}},
		{"the error says that it must not be", at("a:1", "b:1"), 0, motoretest.New[*request, string]().Fail(unsent(false)),
			"", unsent(false), "dial failed, retryable: false", []string{"a:1"}},
		{"the error says nothing", at("a:1", "b:1"), 0, motoretest.New[*request, string]().Fail(errApp),
			"", errApp, "application error", []string{"a:1"}},
		{"the answer of the second one counts", at("a:1", "b:1"), 0, motoretest.New[*request, string]().Fail(unsent(true)).Fail(errApp),
			"", errApp, "application error", []string{"a:1", "b:1"}},
		{"three attempts unless configured", at("a:1", "b:1", "c:1", "d:1"), 0, motoretest.New[*request, string]().Fail(unsent(true)),
			"", unsent(true), `loadbalance: service "shop.item": 3 instances failed: ` +
				"a:1: dial failed, retryable: true; b:1: dial failed, retryable: true; c:1: dial failed, retryable: true",
			[]string{"a:1", "b:1", "c:1"}},
		{"as many attempts as configured", at("a:1", "b:1", "c:1", "d:1"), 2, motoretest.New[*request, string]().Fail(unsent(true)),
			"", unsent(true), `loadbalance: service "shop.item": 2 instances failed: ` +
				"a:1: dial failed, retryable: true; b:1: dial failed, retryable: true", []string{"a:1", "b:1"}},
		{"no failover", at("a:1", "b:1"), 1, motoretest.New[*request, string]().Fail(unsent(true)),
			"", unsent(true), "dial failed, retryable: true", []string{"a:1"}},
		{"an instance is not tried twice", at("a:1", "b:1"), 5, motoretest.New[*request, string]().Fail(unsent(true)),
			"", unsent(true), `loadbalance: service "shop.item": 2 instances failed: ` +
				"a:1: dial failed, retryable: true; b:1: dial failed, retryable: true", []string{"a:1", "b:1"}},
		{"the only instance fails", at("a:1"), 5, motoretest.New[*request, string]().Fail(unsent(true)),
			"", unsent(true), "dial failed, retryable: true", []string{"a:1"}},
		{"there is no instance", nil, 0, motoretest.New[*request, string]().Return("ok"),
			"", loadbalance.ErrNoInstance, `loadbalance: service "shop.item": no instance`, nil},
		{"an address that is there twice is one instance", at("a:1", "a:1", "b:1"), 0,
			motoretest.New[*request, string]().Fail(unsent(true)).Return("ok"), "ok", nil, "", []string{"a:1", "b:1"}},
		{"a negative weight takes an instance out", append([]discovery.Instance{{Address: rpc.TCP("z:1"), Weight: -1}}, at("a:1")...), 0,
			motoretest.New[*request, string]().Return("ok"), "ok", nil, "", []string{"a:1"}},
	} {
		cfg := configOf(fixed(c.instances))
		cfg.MaxAttempts = c.most
		s := loadbalance.New(cfg)
		req := toItems()
		got, err := s.Layer(c.next).Call(t.Context(), req)
		s.Close()
		if got != c.want || !errors.Is(err, c.err) || err != nil && err.Error() != c.text {
			t.Errorf("%s: got %q, %v, want %q, %v", c.what, got, err, c.want, c.text)
		}
		if !slices.Equal(req.used, c.used) || len(c.next.Calls()) != len(c.used) {
			t.Errorf("%s: got attempts at %v in %d calls, want %v", c.what, req.used, len(c.next.Calls()), c.used)
		}
	}
}

// fixed is a Discoverer that does not tidy up, unlike discovery.Static.
func fixed(instances []discovery.Instance) discovery.Func {
	return func(_ context.Context, _ string, update func([]discovery.Instance)) error {
		update(instances)
		return nil
	}
}

func TestNoFailoverOnceTheContextIsDone(t *testing.T) {
	s := loadbalance.New(configOf(fixed(at("a:1", "b:1"))))
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	req := toItems()
	_, err := s.Layer(motore.ServiceFunc[*request, string](func(context.Context, *request) (string, error) {
		cancel()
		return "", unsent(true)
	})).Call(ctx, req)
	if err != unsent(true) || len(req.used) != 1 {
		t.Errorf("got %v after attempts at %v, want the error of a single one", err, req.used)
	}
}

func TestAFixedAddressPassesThrough(t *testing.T) {
	s := loadbalance.New(configOf(discovery.Func(func(context.Context, string, func([]discovery.Instance)) error {
		t.Error("the Discoverer was asked")
		return nil
	})))
	defer s.Close()
	req := &request{used: []string{"mine:1"}}
	if got, err := s.Layer(where).Call(t.Context(), req); got != "mine:1" || err != nil {
		t.Errorf("got %q, %v, want mine:1", got, err)
	}
}

// first calls s once and returns where it went.
func first(ctx context.Context, s *stage) (string, error) { return s.Layer(where).Call(ctx, toItems()) }

// TestLife follows a service through everything that may happen to it.
func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		s := loadbalance.New(configOf(&f))
		step := func(what string, change func(), want string, err error) {
			t.Helper()
			change()
			synctest.Wait()
			got, gotErr := first(t.Context(), s)
			if got != want || !errors.Is(gotErr, err) {
				t.Errorf("%s: got %q, %v, want %q, %v", what, got, gotErr, want, err)
			}
		}
		if f.Watching() != 0 {
			t.Error("a watch runs before the first call")
		}
		step("it has instances", func() { f.Set("shop.item", at("a:1", "b:1")...) }, "a:1", nil)
		step("one goes", func() { f.Set("shop.item", at("b:1")...) }, "b:1", nil)
		step("another service does not matter", func() { f.Set("shop.user", at("c:1")...) }, "b:1", nil)
		step("all go", func() { f.Set("shop.item") }, "", loadbalance.ErrNoInstance)
		step("one comes", func() { f.Set("shop.item", at("d:1")...) }, "d:1", nil)
		step("the registry fails: what is known is kept", func() { f.Fail("shop.item", os.ErrPermission) }, "d:1", nil)
		step("it stays out for a day", func() { time.Sleep(24 * time.Hour) }, "d:1", nil)
		step("it is back, within the greatest pause", func() {
			f.Set("shop.item", at("e:1")...)
			time.Sleep(30 * time.Second)
		}, "e:1", nil)
		if got := f.Watching(); got != 1 {
			t.Errorf("got %d watches of one service, want 1", got)
		}
		step("closed", func() { s.Close() }, "", loadbalance.ErrClosed)
		if got := f.Watching(); got != 0 {
			t.Errorf("got %d watches after Close, want none", got)
		}
		step("closing again does nothing", func() { s.Close() }, "", loadbalance.ErrClosed)
	})
}

func TestTheFirstCallWaits(t *testing.T) {
	slow := func(d time.Duration, instances ...discovery.Instance) discovery.Func {
		return func(ctx context.Context, _ string, update func([]discovery.Instance)) error {
			select {
			case <-time.After(d):
				update(instances)
				<-ctx.Done()
			case <-ctx.Done():
			}
			return ctx.Err()
		}
	}
	for _, c := range []struct {
		what  string
		d     discovery.Discoverer
		close time.Duration // when the stage is closed; 0 for never
		want  string
		err   error
		text  string
		after time.Duration
	}{
		{"for the first snapshot", slow(time.Second, at("a:1")...), 0, "a:1", nil, "", time.Second},
		{"for an empty one as well", slow(time.Second), 0, "", loadbalance.ErrNoInstance,
			`loadbalance: service "shop.item": no instance`, time.Second},
		{"as long as it may", slow(time.Hour), 0, "", context.DeadlineExceeded,
			`loadbalance: service "shop.item": waiting for its instances: context deadline exceeded`, time.Minute},
		{"until the stage is closed", slow(time.Hour), time.Second, "", loadbalance.ErrClosed,
			`loadbalance: service "shop.item": balancing is closed`, time.Second},
		{"not if the registry fails", discovery.Func(func(context.Context, string, func([]discovery.Instance)) error {
			return os.ErrPermission
		}), 0, "", os.ErrPermission, `loadbalance: service "shop.item": no instance: watching it failed: permission denied`, 0},
		{"not if the registry has nothing to say", discovery.Func(func(context.Context, string, func([]discovery.Instance)) error {
			return nil
		}), 0, "", loadbalance.ErrNoInstance, `loadbalance: service "shop.item": no instance: its watch ended without an answer`, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := loadbalance.New(configOf(c.d))
			defer s.Close()
			if c.close > 0 {
				time.AfterFunc(c.close, func() { s.Close() })
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			start := time.Now()
			got, err := first(ctx, s)
			if got != c.want || !errors.Is(err, c.err) || err != nil && err.Error() != c.text {
				t.Errorf("%s: got %q, %v, want %q, %v", c.what, got, err, c.want, c.text)
			}
			if after := time.Since(start); after != c.after {
				t.Errorf("%s: took %v, want %v", c.what, after, c.after)
			}
		})
	}
}

func TestPickErrorsSayWhetherTimeHelps(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{loadbalance.ErrNoInstance, true},
		{fmt.Errorf("%w: registry is down", loadbalance.ErrNoInstance), true},
		{loadbalance.ErrNoKey, false},
		{loadbalance.ErrClosed, false},
		{context.Canceled, false},
	} {
		e := &loadbalance.PickError{Service: "shop.item", Err: c.err}
		if got := e.Retryable(); got != c.want {
			t.Errorf("%v: got retryable %v, want %v", e, got, c.want)
		}
	}
}

// TestPauses lets a registry fail for long and looks at when it is asked.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []time.Time
		up := false
		var mu sync.Mutex
		s := loadbalance.New(configOf(discovery.Func(func(_ context.Context, _ string, update func([]discovery.Instance)) error {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, time.Now())
			if up {
				update(at("a:1"))
			}
			return os.ErrPermission
		})))
		first(t.Context(), s)
		time.Sleep(time.Hour)
		mu.Lock()
		failing := len(asked)
		for i := range 12 {
			most := min(100*time.Millisecond<<i, 30*time.Second)
			if got := asked[i+1].Sub(asked[i]); got < most/2 || got > most {
				t.Errorf("pause %d: got %v, want %v to %v", i, got, most/2, most)
			}
		}
		if failing < 120 || failing > 260 {
			t.Errorf("got %d watches in an hour of failure, want one in 15 to 30 seconds", failing)
		}
		// A snapshot makes pauses short again.
		up = true
		mu.Unlock()
		time.Sleep(time.Minute)
		s.Close()
		last := asked[len(asked)-1].Sub(asked[len(asked)-2])
		if last > 200*time.Millisecond {
			t.Errorf("got a pause of %v after a snapshot, want one as short as the first", last)
		}
		if got, _ := first(t.Context(), s); got != "" {
			t.Errorf("got %q from a closed stage, want nothing", got)
		}
	})
}

func TestChangesAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		var got []string
		cfg := configOf(&f)
		cfg.Changed = func(service string, c discovery.Change) {
			got = append(got, fmt.Sprintf("%s +%d ~%d -%d", service, len(c.Added), len(c.Updated), len(c.Removed)))
		}
		s := loadbalance.New(cfg)
		f.Set("shop.item", at("a:1", "b:1")...)
		first(t.Context(), s)
		synctest.Wait()
		f.Set("shop.item", at("a:1", "b:1")...)
		synctest.Wait()
		f.Set("shop.item", discovery.Instance{Address: rpc.TCP("a:1"), Weight: 7})
		synctest.Wait()
		s.Close()
		if want := []string{"shop.item +2 ~0 -0", "shop.item +0 ~1 -1"}; !slices.Equal(got, want) {
			t.Errorf("got changes %v, want %v", got, want)
		}
	})
}

func TestBalancersGetPositiveWeights(t *testing.T) {
	var got []int
	cfg := configOf(fixed([]discovery.Instance{
		{Address: rpc.TCP("a:1")},
		{Address: rpc.TCP("b:1"), Weight: -5},
		{Address: rpc.TCP("c:1"), Weight: discovery.MaxWeight + 1},
		{Address: rpc.TCP("d:1"), Weight: 3},
		{Weight: 4},
	}))
	cfg.Balancer = loadbalance.BalancerFunc(func(instances []discovery.Instance) loadbalance.Picker {
		for _, in := range instances {
			got = append(got, in.Weight)
		}
		return inOrder(instances)
	})
	s := loadbalance.New(cfg)
	first(t.Context(), s)
	s.Close()
	if want := []int{discovery.DefaultWeight, discovery.MaxWeight, 3}; !slices.Equal(got, want) {
		t.Errorf("got weights %v, want %v", got, want)
	}
}

// TestUnderChange calls from many goroutines while instances come and go: each
// call finds an instance of a state that there was.
func TestUnderChange(t *testing.T) {
	for _, b := range subjects {
		t.Run(b.name, func(t *testing.T) {
			var f discoverytest.Fake
			f.Set("shop.item", at("a:1", "b:1", "c:1")...)
			cfg := configOf(&f)
			cfg.Balancer = b.Balancer
			s := loadbalance.New(cfg)
			svc := s.Layer(motore.ServiceFunc[*request, string](func(_ context.Context, req *request) (string, error) {
				if len(req.used) == 1 {
					return "", unsent(true)
				}
				return req.used[1], nil
			}))
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for n := range 500 {
						ctx := t.Context()
						if b.Context != nil {
							ctx = b.Context(ctx, n)
						}
						req := toItems()
						got, err := svc.Call(ctx, req)
						if err != nil || req.used[0] == got || !strings.Contains("a:1 b:1 c:1 d:1 e:1", got) {
							t.Errorf("got %q, %v by way of %v, want another instance", got, err, req.used)
							return
						}
					}
				})
			}
			for range 100 {
				f.Set("shop.item", at("b:1", "c:1", "d:1", "e:1")...)
				f.Set("shop.item", at("a:1", "b:1")...)
			}
			wg.Wait()
			s.Close()
			if got := f.Watching(); got != 0 {
				t.Errorf("got %d watches after Close, want none", got)
			}
		})
	}
}

func TestFirstCallsShareAWatch(t *testing.T) {
	var f discoverytest.Fake
	f.Set("shop.item", at("a:1")...)
	s := loadbalance.New(configOf(&f))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if got, err := first(t.Context(), s); got != "a:1" || err != nil {
				t.Errorf("got %q, %v, want a:1", got, err)
			}
		})
	}
	wg.Wait()
	if got := f.Watching(); got != 1 {
		t.Errorf("got %d watches, want 1", got)
	}
	s.Close()
}

// The bubble of synctest.Test panics if a goroutine stays behind.
func TestCloseLeavesNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		f.Fail("shop.user", os.ErrPermission) // this one will be pausing
		s := loadbalance.New(configOf(&f))
		for _, service := range []string{"shop.item", "shop.user", "shop.cart"} {
			s.Layer(where).Call(t.Context(), &request{service: service})
		}
		synctest.Wait()
		if got := f.Watching(); got != 2 {
			t.Errorf("got %d watches, want 2", got)
		}
		s.Close()
		if got := f.Watching(); got != 0 {
			t.Errorf("got %d watches after Close, want none", got)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	whole := configOf(fixed(nil))
	for what, spoil := range map[string]func(*config){
		"no Discoverer": func(c *config) { c.Discoverer = nil },
		"no Service":    func(c *config) { c.Service = nil },
		"no Use":        func(c *config) { c.Use = nil },
	} {
		c := whole
		spoil(&c)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: got no panic, want one", what)
				}
			}()
			loadbalance.New(c)
		}()
	}
}

// steady is a stage over three instances whose calls succeed at once.
func steady(tb testing.TB) (motore.Service[*request, string], *request) {
	cfg := configOf(fixed(at("a:1", "b:1", "c:1")))
	cfg.Balancer = nil
	cfg.Use = func(*request, discovery.Instance) {}
	s := loadbalance.New(cfg)
	tb.Cleanup(func() { s.Close() })
	svc := s.Layer(motore.ServiceFunc[*request, string](func(context.Context, *request) (string, error) {
		return "ok", nil
	}))
	req := toItems()
	if _, err := svc.Call(tb.Context(), req); err != nil {
		tb.Fatal(err)
	}
	return svc, req
}

func TestACallAllocatesNothing(t *testing.T) {
	svc, req := steady(t)
	ctx := t.Context()
	if got := testing.AllocsPerRun(100, func() { svc.Call(ctx, req) }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}

func BenchmarkStage(b *testing.B) {
	svc, req := steady(b)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		svc.Call(ctx, req)
	}
}
