package loadbalancetest_test

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/loadbalance/loadbalancetest"
	"github.com/volo-go/volo/motore/rpc"
)

// pick makes a Balancer of a function that sees the instances.
func pick(f func(instances []discovery.Instance, tried loadbalance.Tried) (int, error)) loadbalance.Balancer {
	return loadbalance.BalancerFunc(func(instances []discovery.Instance) loadbalance.Picker {
		return loadbalance.PickerFunc(func(_ context.Context, tried loadbalance.Tried) (int, error) {
			return f(instances, tried)
		})
	})
}

// good is a Balancer that keeps the law.
func good(instances []discovery.Instance, tried loadbalance.Tried) (int, error) {
	if len(tried) == len(instances) {
		return 0, loadbalance.ErrNoInstance
	}
	for {
		if i := rand.IntN(len(instances)); !tried.Has(i) {
			return i, nil
		}
	}
}

func TestAGoodBalancerPasses(t *testing.T) {
	loadbalancetest.Run(t, loadbalancetest.Subject{Balancer: pick(good)})
}

var sink []int

// broken holds Balancers that each break one clause of the law, and the part
// of the suite that notices.
var broken = []struct {
	what, part string
	balancer   func() loadbalance.Balancer
}{
	{"takes no instance for instance 0", "no_instance_is_an_error", func() loadbalance.Balancer {
		return pick(func(in []discovery.Instance, tried loadbalance.Tried) (int, error) {
			if len(in) == 0 {
				return 0, nil
			}
			return good(in, tried)
		})
	}},
	{"counts from one", "the_only_instance_is_picked", func() loadbalance.Balancer {
		return pick(func(in []discovery.Instance, tried loadbalance.Tried) (int, error) {
			i, err := good(in, tried)
			return i + 1, err
		})
	}},
	{"forgets what was tried", "failing_over_reaches_each_instance_once", func() loadbalance.Balancer {
		return pick(func(in []discovery.Instance, tried loadbalance.Tried) (int, error) {
			if len(in) == len(tried) {
				return 0, loadbalance.ErrNoInstance
			}
			return good(in, nil)
		})
	}},
	{"gives up early", "failing_over_reaches_each_instance_once", func() loadbalance.Balancer {
		return pick(func(in []discovery.Instance, tried loadbalance.Tried) (int, error) {
			if len(tried) > 1 {
				return 0, loadbalance.ErrNoInstance
			}
			return good(in, tried)
		})
	}},
	{"allocates", "a_first_pick_allocates_nothing", func() loadbalance.Balancer {
		return pick(func(in []discovery.Instance, tried loadbalance.Tried) (int, error) {
			sink = make([]int, len(in))
			return good(in, tried)
		})
	}},
	{"sorts the instances", "the_instances_are_not_changed", func() loadbalance.Balancer {
		return loadbalance.BalancerFunc(func(in []discovery.Instance) loadbalance.Picker {
			if len(in) > 1 {
				in[0], in[len(in)-1] = in[len(in)-1], in[0]
			}
			return pick(good).Balance(in)
		})
	}},
	{"has one picker for all", "pickers_of_several_snapshots_do_not_disturb_each_other", func() loadbalance.Balancer {
		var latest []discovery.Instance
		return loadbalance.BalancerFunc(func(in []discovery.Instance) loadbalance.Picker {
			latest = in
			return loadbalance.PickerFunc(func(_ context.Context, tried loadbalance.Tried) (int, error) {
				return good(latest, tried)
			})
		})
	}},
	{"does not count down when nobody answered", "calls_begin_and_end_on_many_goroutines", track(func(c *counting, i int, o rpc.Outcome) {
		if o != rpc.Unsent {
			c.calls[i].Add(-1)
		}
	})},
	{"allocates when a call ends", "hearing_of_calls_allocates_nothing", track(func(c *counting, i int, o rpc.Outcome) {
		sink = make([]int, 1+i)
	})},
	{"gives up on who has failed", "failures_take_no_instance_away_for_good", track(func(c *counting, i int, o rpc.Outcome) {
		c.calls[i].Add(-1)
		if o == rpc.Lost {
			c.gone.Store(true)
		}
	})},
	{"forgets what is under way", "other_instances,_the_same_calls_under_way", track(func(c *counting, i int, o rpc.Outcome) {
		c.calls[i].Add(-1)
	})},
}

// A counting is a Tracker that counts the calls under way; what a call's end
// does is up to it. Each snapshot begins anew.
type counting struct {
	loadbalance.Picker
	calls []atomic.Int64
	gone  atomic.Bool
	end   func(c *counting, i int, o rpc.Outcome)
}

func track(end func(c *counting, i int, o rpc.Outcome)) func() loadbalance.Balancer {
	return func() loadbalance.Balancer {
		return loadbalance.BalancerFunc(func(in []discovery.Instance) loadbalance.Picker {
			return &counting{Picker: pick(good).Balance(in), calls: make([]atomic.Int64, len(in)), end: end}
		})
	}
}

func (c *counting) Pick(ctx context.Context, tried loadbalance.Tried) (int, error) {
	if c.gone.Load() {
		return 0, loadbalance.ErrNoInstance
	}
	return c.Picker.Pick(ctx, tried)
}

func (c *counting) Begin(i int) { c.calls[i].Add(1) }

func (c *counting) End(i int, _ time.Duration, o rpc.Outcome) { c.end(c, i, o) }

func (c *counting) Inspect(i int, s *loadbalance.State) { s.Outstanding = c.calls[i].Load() }

// TestSuiteNotices runs the suite on each broken Balancer, in a process of its
// own, since it is to fail there.
func TestSuiteNotices(t *testing.T) {
	for _, b := range broken {
		t.Run(b.what, func(t *testing.T) {
			if testing.Short() {
				t.Skip("starts processes")
			}
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestBroken$/^"+b.part+"$")
			cmd.Env = append(os.Environ(), "LOADBALANCETEST_BROKEN="+b.what)
			out, err := cmd.CombinedOutput()
			if strings.Contains(string(out), "the race detector allocates") {
				t.Skip("allocations cannot be counted")
			}
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestBroken/"+b.part) {
				t.Errorf("got %v from the suite, want part %s to fail:\n%s", err, b.part, out)
			}
		})
	}
}

// TestBroken is the process that TestSuiteNotices starts.
func TestBroken(t *testing.T) {
	what := os.Getenv("LOADBALANCETEST_BROKEN")
	for _, b := range broken {
		if b.what == what {
			loadbalancetest.Run(t, loadbalancetest.Subject{Balancer: b.balancer()})
			return
		}
	}
	t.Skip("runs in a process that TestSuiteNotices starts")
}
