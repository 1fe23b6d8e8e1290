package loadbalance_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/loadbalance"
)

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
			for range 20 {
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
