package discoverytest_test

import (
	"context"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/rpc"
)

const service = "shop.item"

// subject returns a Fake, seen through what bend makes of it.
func subject(bend func(f *discoverytest.Fake) discovery.Func) func(*testing.T) discoverytest.Subject {
	return func(*testing.T) discoverytest.Subject {
		f := new(discoverytest.Fake)
		s := discoverytest.Subject{
			Discoverer: f,
			Service:    service,
			Set: func(_ *testing.T, instances []discovery.Instance) {
				f.Set(service, instances...)
			},
		}
		if bend != nil {
			s.Discoverer, s.Patience = bend(f), 300*time.Millisecond
		}
		return s
	}
}

func TestFakeConforms(t *testing.T) { discoverytest.Run(t, subject(nil)) }

type update = func([]discovery.Instance)

// broken holds Discoverers that each break one clause of the law, and the
// part of the suite that notices.
var broken = []struct {
	what  string
	part  string
	watch func(f *discoverytest.Fake) discovery.Func
}{
	{"says nothing", "the_first_snapshot_is_the_present_state", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, _ string, _ update) error {
			<-ctx.Done()
			return ctx.Err()
		}
	}},
	{"says only what is new", "changes_arrive", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			var before []discovery.Instance
			return f.Watch(ctx, service, func(now []discovery.Instance) {
				u(discovery.Diff(before, now).Added)
				before = now
			})
		}
	}},
	{"doubles addresses", "each_address_is_there_once", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			return f.Watch(ctx, service, func(now []discovery.Instance) { u(slices.Concat(now, now)) })
		}
	}},
	{"writes all snapshots into one slice", "a_snapshot_is_never_changed_later", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			room := make([]discovery.Instance, 0, 100)
			return f.Watch(ctx, service, func(now []discovery.Instance) { u(append(room, now...)) })
		}
	}},
	{"keeps an empty list to itself", "an_empty_list_arrives", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			return f.Watch(ctx, service, func(now []discovery.Instance) {
				if len(now) > 0 {
					u(now)
				}
			})
		}
	}},
	{"subscribes after the first snapshot", "a_change_during_the_first_snapshot_is_not_lost", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			now, err := discovery.Resolve(ctx, f, service)
			if err != nil {
				return err
			}
			u(now)
			first := true
			return f.Watch(ctx, service, func(now []discovery.Instance) {
				if !first {
					u(now)
				}
				first = false
			})
		}
	}},
	{"ends without a reason", "a_watch_ends_with_its_context", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			f.Watch(ctx, service, u)
			return nil
		}
	}},
	{"does not end", "a_watch_ends_with_its_context", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			return f.Watch(context.WithoutCancel(ctx), service, u)
		}
	}},
	{"looks at its context too late", "a_watch_whose_context_is_done_ends_at_once", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			now, _ := discovery.Resolve(context.WithoutCancel(ctx), f, service)
			u(now)
			return nil
		}
	}},
	{"goes on after its end", "a_watch_ends_with_its_context", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			go f.Watch(context.WithoutCancel(ctx), service, u)
			<-ctx.Done()
			return ctx.Err()
		}
	}},
	{"goes back in time", "the_last_of_many_changes_wins", func(f *discoverytest.Fake) discovery.Func {
		return func(ctx context.Context, service string, u update) error {
			var first []discovery.Instance
			return f.Watch(ctx, service, func(now []discovery.Instance) {
				if first == nil {
					first = now
				}
				u(first)
				u(now)
			})
		}
	}},
}

// TestSuiteNotices runs the suite on each broken Discoverer, in a process of
// its own, since it is to fail there.
func TestSuiteNotices(t *testing.T) {
	for _, b := range broken {
		t.Run(b.what, func(t *testing.T) {
			if testing.Short() {
				t.Skip("starts processes")
			}
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBroken$/^"+b.part+"$")
			cmd.Env = append(os.Environ(), "DISCOVERYTEST_BROKEN="+b.what)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestBroken/"+b.part) {
				t.Errorf("got %v from the suite, want part %s to fail:\n%s", err, b.part, out)
			}
		})
	}
}

// TestBroken is the process that TestSuiteNotices starts.
func TestBroken(t *testing.T) {
	what := os.Getenv("DISCOVERYTEST_BROKEN")
	for _, b := range broken {
		if b.what == what {
			discoverytest.Run(t, subject(b.watch))
			return
		}
	}
	t.Skip("runs in a process that TestSuiteNotices starts")
}

func TestFakeFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		f.Set(service, discovery.Instance{Address: rpc.TCP("a:1")})
		ended := make(chan error, 1)
		go func() { ended <- f.Watch(t.Context(), service, func([]discovery.Instance) {}) }()
		synctest.Wait()
		if got := f.Watching(); got != 1 {
			t.Errorf("got %d watches, want 1", got)
		}
		f.Fail(service, os.ErrPermission)
		if got := <-ended; got != os.ErrPermission {
			t.Errorf("got %v from the watch, want what it was failed with", got)
		}
		if got := f.Watch(t.Context(), service, nil); got != os.ErrPermission {
			t.Errorf("got %v from a later watch, want the same", got)
		}
		if got := f.Watching(); got != 0 {
			t.Errorf("got %d watches, want none", got)
		}
	})
}
