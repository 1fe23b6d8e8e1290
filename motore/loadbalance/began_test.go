package loadbalance_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
)

// TestTheFirstAttemptBeginsWithTheCall, if that says when, and has not waited
// for instances.
func TestTheFirstAttemptBeginsWithTheCall(t *testing.T) {
	for _, c := range []struct {
		what  string
		began time.Duration // before the layer sees the call; 0 if it does not say
		first bool          // it is the first call of all
		want  []string
	}{
		{"it says", time.Second, false, []string{"begin 0", "end 0 2s unsent", "begin 1", "end 1 1s answered"}},
		{"it does not say", 0, false, []string{"begin 0", "end 0 1s unsent", "begin 1", "end 1 1s answered"}},
		{"it says, and had to wait", time.Second, true, []string{"begin 0", "end 0 1s unsent", "begin 1", "end 1 1s answered"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var got []string
			cfg := configOf(discovery.Func(func(_ context.Context, _ string, update func([]discovery.Instance)) error {
				time.Sleep(time.Second)
				update(at("a:1", "b:1"))
				return nil
			}))
			cfg.Balancer = keep(&got)
			cfg.Began = func(*request) (began time.Time) {
				if c.began > 0 {
					began = time.Now().Add(-c.began)
				}
				return began
			}
			s := loadbalance.New(cfg)
			defer s.Close()
			attempts := 0
			svc := s.Layer(motore.ServiceFunc[*request, string](func(ctx context.Context, req *request) (string, error) {
				time.Sleep(time.Second)
				if attempts++; attempts == 1 {
					return "", unsent(true)
				}
				return "ok", nil
			}))
			if !c.first {
				first(t.Context(), s)
				got = nil
			}
			svc.Call(t.Context(), toItems())
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %q, want %q", c.what, got, c.want)
			}
		})
	}
}

// TestBalancersInBalancersKnowTheTime however deep they are.
func TestBalancersInBalancersKnowTheTime(t *testing.T) {
	eject := loadbalance.Default()
	for what, b := range map[string]loadbalance.Balancer{
		"P2C":                               loadbalance.P2C(),
		"P2C, in Eject":                     eject,
		"P2C, in Eject, Subset":             loadbalance.Subset(eject, loadbalance.SubsetConfig{}),
		"P2C, in Eject, Subset, Locality":   loadbalance.Locality(loadbalance.Subset(eject, loadbalance.SubsetConfig{}), loadbalance.LocalityConfig{}),
		"P2C, in Eject, in one of a user's": loadbalance.BalancerFunc(eject.Balance),
	} {
		synctest.Test(t, func(t *testing.T) {
			cfg := configOf(fixed(at("a:1")))
			cfg.Balancer = b
			s := loadbalance.New(cfg)
			defer s.Close()
			for _, took := range []time.Duration{time.Second, 3 * time.Second} {
				s.Layer(motore.ServiceFunc[*request, string](func(context.Context, *request) (string, error) {
					time.Sleep(took)
					return "ok", nil
				})).Call(t.Context(), toItems())
				if got := s.State()[0].Instances[0]; got.Latency != took || got.Outstanding != 0 {
					t.Errorf("%s: got %v and %d under way after a call of %v", what, got.Latency, got.Outstanding, took)
				}
			}
		})
	}
}
