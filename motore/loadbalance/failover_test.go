package loadbalance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/rpc"
)

// An unsent error says whether the call may go elsewhere.
type unsent bool

func (e unsent) Error() string { return fmt.Sprintf("dial failed, retryable: %v", bool(e)) }

func (e unsent) Outcome() rpc.Outcome {
	if e {
		return rpc.Unsent
	}
	return rpc.Lost
}

var errApp = errors.New("application error")

func TestFailover(t *testing.T) {
	type script = motoretest.Script[*request, string]
	steps := motoretest.New[*request, string]
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
		{"the first attempt succeeds", at("a:1", "b:1"), 0, steps().Return("ok"),
			"ok", nil, "", []string{"a:1"}},
		{"nothing was sent, the next one succeeds", at("a:1", "b:1"), 0, steps().Fail(unsent(true)).Return("ok"),
			"ok", nil, "", []string{"a:1", "b:1"}},
		{"the error says so somewhere inside", at("a:1", "b:1"), 0,
			steps().Fail(fmt.Errorf("call: %w", unsent(true))).Return("ok"),
			"ok", nil, "", []string{"a:1", "b:1"}},
		{"the error says that it must not be", at("a:1", "b:1"), 0, steps().Fail(unsent(false)),
			"", unsent(false), "dial failed, retryable: false", []string{"a:1"}},
		{"the error says nothing", at("a:1", "b:1"), 0, steps().Fail(errApp),
			"", errApp, "application error", []string{"a:1"}},
		{"the answer of the second one counts", at("a:1", "b:1"), 0, steps().Fail(unsent(true)).Fail(errApp),
			"", errApp, "application error", []string{"a:1", "b:1"}},
		{"three attempts unless configured", at("a:1", "b:1", "c:1", "d:1"), 0, steps().Fail(unsent(true)),
			"", unsent(true), `loadbalance: service "shop.item": 3 instances failed: ` +
				"a:1: dial failed, retryable: true; b:1: dial failed, retryable: true; c:1: dial failed, retryable: true",
			[]string{"a:1", "b:1", "c:1"}},
		{"as many attempts as configured", at("a:1", "b:1", "c:1", "d:1"), 2, steps().Fail(unsent(true)),
			"", unsent(true), `loadbalance: service "shop.item": 2 instances failed: ` +
				"a:1: dial failed, retryable: true; b:1: dial failed, retryable: true", []string{"a:1", "b:1"}},
		{"no failover", at("a:1", "b:1"), 1, steps().Fail(unsent(true)),
			"", unsent(true), "dial failed, retryable: true", []string{"a:1"}},
		{"an instance is not tried twice", at("a:1", "b:1"), 5, steps().Fail(unsent(true)),
			"", unsent(true), `loadbalance: service "shop.item": 2 instances failed: ` +
				"a:1: dial failed, retryable: true; b:1: dial failed, retryable: true", []string{"a:1", "b:1"}},
		{"the only instance fails", at("a:1"), 5, steps().Fail(unsent(true)),
			"", unsent(true), "dial failed, retryable: true", []string{"a:1"}},
		{"there is no instance", nil, 0, steps().Return("ok"),
			"", loadbalance.ErrNoInstance, `loadbalance: service "shop.item": no instance`, nil},
		{"an address that is there twice is one instance", at("a:1", "a:1", "b:1"), 0,
			steps().Fail(unsent(true)).Return("ok"), "ok", nil, "", []string{"a:1", "b:1"}},
		{"a negative weight takes an instance out", append([]discovery.Instance{{Address: rpc.TCP("z:1"), Weight: -1}}, at("a:1")...), 0,
			steps().Return("ok"), "ok", nil, "", []string{"a:1"}},
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

func TestPickErrorsSayWhetherTimeHelps(t *testing.T) {
	for _, c := range []struct {
		err  error
		want rpc.Outcome
	}{
		{loadbalance.ErrNoInstance, rpc.Unsent},
		{fmt.Errorf("%w: registry is down", loadbalance.ErrNoInstance), rpc.Unsent},
		{loadbalance.ErrNoKey, rpc.Rejected},
		{loadbalance.ErrClosed, rpc.Rejected},
		{context.Canceled, rpc.Canceled},
		{context.DeadlineExceeded, rpc.Unsent},
	} {
		e := &loadbalance.PickError{Service: "shop.item", Err: c.err}
		if got := e.Outcome(); got != c.want {
			t.Errorf("%v: got %v, want %v", e, got, c.want)
		}
	}
}
