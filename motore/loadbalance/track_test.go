package loadbalance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
)

// A diary is a Tracker that takes instances in their order and notes what it
// hears.
type diary struct {
	loadbalance.Picker
	entries *[]string
}

func keep(entries *[]string) loadbalance.Balancer {
	return loadbalance.BalancerFunc(func(instances []discovery.Instance) loadbalance.Picker {
		return diary{inOrder(instances), entries}
	})
}

func (d diary) note(format string, args ...any) {
	*d.entries = append(*d.entries, fmt.Sprintf(format, args...))
}

func (d diary) Begin(i int) { d.note("begin %d", i) }

func (d diary) End(i int, elapsed time.Duration, outcome rpc.Outcome) {
	d.note("end %d %v %v", i, elapsed, outcome)
}

func TestTrackersHearOfEachAttempt(t *testing.T) {
	slow := func(d time.Duration, err error) func(context.Context, *request) (string, error) {
		return func(context.Context, *request) (string, error) {
			time.Sleep(d)
			return "ok", err
		}
	}
	for _, c := range []struct {
		what     string
		attempts []func(context.Context, *request) (string, error)
		want     []string
		left     time.Duration // that the caller gives; a minute if 0
	}{
		{"an answer", []func(context.Context, *request) (string, error){slow(time.Second, nil)},
			[]string{"begin 0", "end 0 1s answered"}, 0},
		{"a failover", []func(context.Context, *request) (string, error){slow(time.Second, unsent(true)), slow(2*time.Second, nil)},
			[]string{"begin 0", "end 0 1s unsent", "begin 1", "end 1 2s answered"}, 0},
		{"a call that is lost", []func(context.Context, *request) (string, error){slow(time.Second, unsent(false))},
			[]string{"begin 0", "end 0 1s lost"}, 0},
		{"a call that the caller gives up", []func(context.Context, *request) (string, error){slow(0, context.Canceled)},
			[]string{"begin 0", "end 0 0s canceled"}, 0},
		{"a panic", []func(context.Context, *request) (string, error){func(context.Context, *request) (string, error) { panic("oops") }},
			[]string{"begin 0", "end 0 0s canceled"}, 0},
		{"a call that came too late", []func(context.Context, *request) (string, error){slow(1, unsent(true))},
			[]string{"begin 0", "end 0 1ns canceled"}, -1},
	} {
		synctest.Test(t, func(t *testing.T) {
			var got []string
			cfg := configOf(fixed(at("a:1", "b:1")))
			cfg.Balancer = keep(&got)
			s := loadbalance.New(cfg)
			defer s.Close()
			n := 0
			svc := s.Layer(motore.ServiceFunc[*request, string](func(ctx context.Context, req *request) (string, error) {
				n++
				return c.attempts[n-1](ctx, req)
			}))
			first(t.Context(), s) // now the instances are known
			got = nil
			if c.left == 0 {
				c.left = time.Minute
			}
			ctx, cancel := context.WithTimeout(t.Context(), c.left)
			defer cancel()
			func() {
				defer func() { recover() }()
				svc.Call(ctx, toItems())
			}()
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %q, want %q", c.what, got, c.want)
			}
		})
	}
}

func TestAStreamLastsUntilItsEnd(t *testing.T) {
	var got []string
	var end func(error)
	cfg := configOf(fixed(at("a:1")))
	cfg.Balancer = keep(&got)
	cfg.Stream = func(resp string) func(func(error)) {
		if resp != "stream" {
			return nil
		}
		return func(f func(error)) { end = f }
	}
	s := loadbalance.New(cfg)
	defer s.Close()
	answer := "stream"
	svc := s.Layer(motore.ServiceFunc[*request, string](func(context.Context, *request) (string, error) { return answer, nil }))
	svc.Call(t.Context(), toItems())
	if want := []string{"begin 0"}; !slices.Equal(got, want) {
		t.Errorf("got %q of an open stream, want %q", got, want)
	}
	end(unsent(false))
	if want := []string{"begin 0", "end 0 0s lost"}; !slices.Equal(got, want) {
		t.Errorf("got %q of a stream that has ended, want %q", got, want)
	}
	got, answer = nil, "ok"
	svc.Call(t.Context(), toItems())
	if len(got) != 2 {
		t.Errorf("got %q of an answer, want its end", got)
	}
}

// TestAnotherAttemptGoesElsewhere makes calls that have been somewhere, as a
// layer does that retries.
func TestAnotherAttemptGoesElsewhere(t *testing.T) {
	for _, c := range []struct {
		what      string
		instances []discovery.Instance
		last      rpc.Address
		fail      int // so many attempts
		want      []string
	}{
		{"the first time", at("a:1", "b:1"), rpc.Address{}, 0, []string{"a:1"}},
		{"the second time", at("a:1", "b:1"), rpc.TCP("a:1"), 0, []string{"b:1"}},
		{"there is no other", at("a:1"), rpc.TCP("a:1"), 0, []string{"a:1"}},
		{"all others fail", at("a:1", "b:1", "c:1"), rpc.TCP("a:1"), 2, []string{"b:1", "c:1", "a:1"}},
		{"all fail", at("a:1", "b:1"), rpc.TCP("b:1"), 9, []string{"a:1", "b:1"}},
		{"the last one has gone", at("a:1", "b:1"), rpc.TCP("z:1"), 0, []string{"a:1"}},
	} {
		cfg := configOf(fixed(c.instances))
		cfg.Last = func(*request) rpc.Address { return c.last }
		s := loadbalance.New(cfg)
		req := toItems()
		s.Layer(motore.ServiceFunc[*request, string](func(_ context.Context, req *request) (string, error) {
			if len(req.used) <= c.fail {
				return "", unsent(true)
			}
			return "ok", nil
		})).Call(t.Context(), req)
		s.Close()
		if !slices.Equal(req.used, c.want) {
			t.Errorf("%s: got attempts at %v, want %v", c.what, req.used, c.want)
		}
	}
}

// TestBusyInstancesStayBusy lets the instances change while a call is under
// way.
func TestBusyInstancesStayBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		f.Set("shop.item", at("a:1")...)
		cfg := configOf(&f)
		cfg.Balancer = loadbalance.LeastRequests{}
		s := loadbalance.New(cfg)
		svc := s.Layer(motore.ServiceFunc[*request, string](func(_ context.Context, req *request) (string, error) {
			time.Sleep(time.Minute)
			return req.used[0], nil
		}))
		counts := func() map[string]int64 {
			got := map[string]int64{}
			for _, state := range s.State()[0].Instances {
				got[state.Address.String()] = state.Outstanding
			}
			return got
		}
		call := func() { svc.Call(t.Context(), toItems()) }
		go call()
		synctest.Wait()
		f.Set("shop.item", at("b:1")...)
		synctest.Wait()
		f.Set("shop.item", at("b:1", "a:1")...)
		synctest.Wait()
		if got := counts(); got["a:1"] != 1 || got["b:1"] != 0 {
			t.Errorf("got %v calls under way after a:1 went and came, want one at a:1", got)
		}
		go call()
		synctest.Wait()
		if got := counts(); got["a:1"] != 1 || got["b:1"] != 1 {
			t.Errorf("got %v calls under way after another call, want one at b:1 too", got)
		}
		time.Sleep(time.Hour)
		if got := counts(); got["a:1"] != 0 || got["b:1"] != 0 {
			t.Errorf("got %v calls under way in the end, want none", got)
		}
		s.Close()
		if got := s.State(); got != nil {
			t.Errorf("got %v of a closed stage, want nothing", got)
		}
	})
}

func TestStateOfServices(t *testing.T) {
	s := loadbalance.New(configOf(discovery.Func(func(_ context.Context, service string, update func([]discovery.Instance)) error {
		if service == "down" {
			return errors.New("registry is down")
		}
		update(at("a:1", "b:1"))
		return nil
	})))
	defer s.Close()
	for _, service := range []string{"up", "down"} {
		s.Layer(where).Call(t.Context(), &request{service: service})
	}
	got := s.State()
	if len(got) != 2 || got[0].Service != "down" || got[0].Instances != nil || got[1].Service != "up" ||
		len(got[1].Instances) != 2 || got[1].Instances[1].Address != rpc.TCP("b:1") {
		t.Errorf("got %+v, want down without instances and up with two", got)
	}
}

func TestATrackedCallAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	cfg := configOf(fixed(at("a:1", "b:1", "c:1")))
	cfg.Balancer = loadbalance.Locality(loadbalance.Eject(loadbalance.P2C(), loadbalance.EjectConfig{}), loadbalance.LocalityConfig{Busy: 9})
	cfg.Use = func(*request, discovery.Instance) {}
	cfg.Last = func(*request) rpc.Address { return rpc.Address{} }
	cfg.Stream = func(string) func(func(error)) { return nil }
	s := loadbalance.New(cfg)
	defer s.Close()
	svc := s.Layer(motore.ServiceFunc[*request, string](func(context.Context, *request) (string, error) { return "ok", nil }))
	ctx, req := t.Context(), toItems()
	svc.Call(ctx, req)
	if got := testing.AllocsPerRun(100, func() { svc.Call(ctx, req) }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}
