package discoverytest_test

import (
	"context"
	"errors"
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

// registrarFunc is a function that is a Registrar.
type registrarFunc func(ctx context.Context, service string, in discovery.Instance) error

func (f registrarFunc) Register(ctx context.Context, service string, in discovery.Instance) error {
	return f(ctx, service, in)
}

// registrar returns a Fake, registered with through what bend makes of it.
func registrar(bend func(f *discoverytest.Fake) registrarFunc) func(*testing.T) discoverytest.RegistrarSubject {
	return func(*testing.T) discoverytest.RegistrarSubject {
		f := new(discoverytest.Fake)
		s := discoverytest.RegistrarSubject{
			Registrar:  f,
			Discoverer: f,
			Service:    service,
			Lose:       func(*testing.T) { f.Set(service) },
		}
		if bend != nil {
			s.Registrar, s.Patience = bend(f), 300*time.Millisecond
		}
		return s
	}
}

func TestFakeConformsAsARegistrar(t *testing.T) { discoverytest.RunRegistrar(t, registrar(nil)) }

// brokenRegistrars each break one clause of the law.
var brokenRegistrars = []struct {
	what     string
	part     string
	register func(f *discoverytest.Fake) registrarFunc
}{
	{"does nothing", "an_instance_is_there_from_start_to_end", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, _ string, _ discovery.Instance) error {
			<-ctx.Done()
			return nil
		}
	}},
	{"never takes away", "an_instance_is_there_from_start_to_end", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			go f.Register(context.WithoutCancel(ctx), service, in)
			<-ctx.Done()
			return nil
		}
	}},
	{"does not block", "an_instance_is_there_from_start_to_end", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			// Later, so that the suite has seen that it returned.
			time.AfterFunc(time.Second, func() { f.Register(ctx, service, in) })
			return nil
		}
	}},
	{"returns before the instance is gone", "the_end_is_the_end", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			later, end := context.WithCancel(context.WithoutCancel(ctx))
			go f.Register(later, service, in)
			<-ctx.Done()
			time.AfterFunc(10*time.Second, end)
			return nil
		}
	}},
	{"returns its context's error", "the_end_is_the_end", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			return errors.Join(f.Register(ctx, service, in), ctx.Err())
		}
	}},
	{"loses tags", "weight_and_tags_are_kept", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			in.Tags = nil
			return f.Register(ctx, service, in)
		}
	}},
	{"loses weights", "weight_and_tags_are_kept", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			in.Weight = 0
			return f.Register(ctx, service, in)
		}
	}},
	{"takes everything for TCP", "sockets_can_be_registered", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			in.Address = rpc.TCP(in.Address.String())
			return f.Register(ctx, service, in)
		}
	}},
	{"knows one instance at a time", "instances_do_not_disturb_each_other", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			f.Set(service, in)
			<-ctx.Done()
			f.Set(service)
			return nil
		}
	}},
	{"knows services by their first letters", "services_do_not_disturb_each_other", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, _ string, in discovery.Instance) error {
			return f.Register(ctx, service, in)
		}
	}},
	{"looks at its context too late", "what_never_began_never_shows", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			f.Set(service, in)
			if ctx.Err() != nil {
				return nil
			}
			return f.Register(ctx, service, in)
		}
	}},
	{"registers once", "an_instance_may_come_back", func(f *discoverytest.Fake) registrarFunc {
		done := false
		return func(ctx context.Context, service string, in discovery.Instance) error {
			if done {
				<-ctx.Done()
				return nil
			}
			done = true
			return f.Register(ctx, service, in)
		}
	}},
	{"takes away what another process keeps", "what_is_handed_over_stays", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			anyway, cancel := context.WithCancel(context.WithoutCancel(ctx))
			defer context.AfterFunc(ctx, cancel)()
			return f.Register(anyway, service, in)
		}
	}},
	{"waits for the other process", "what_is_handed_over_stays", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			err := f.Register(ctx, service, in)
			if errors.Is(context.Cause(ctx), discovery.ErrHandedOver) {
				time.Sleep(time.Minute)
			}
			return err
		}
	}},
	{"does not look after what it has registered", "what_the_registry_loses_comes_back", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			now, _ := discovery.Resolve(ctx, f, service)
			f.Set(service, append(now[:len(now):len(now)], in)...)
			<-ctx.Done()
			f.Set(service)
			return nil
		}
	}},
	{"gives up when the registry fails", "what_the_registry_loses_comes_back", func(f *discoverytest.Fake) registrarFunc {
		return func(ctx context.Context, service string, in discovery.Instance) error {
			now, _ := discovery.Resolve(ctx, f, service)
			f.Set(service, append(now[:len(now):len(now)], in)...)
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			f.Watch(ctx, service, func(now []discovery.Instance) {
				if !slices.ContainsFunc(now, func(one discovery.Instance) bool { return one.Address == in.Address }) {
					cancel()
				}
			})
			return nil
		}
	}},
}

func TestRegistrarSuiteNotices(t *testing.T) {
	for _, b := range brokenRegistrars {
		t.Run(b.what, func(t *testing.T) {
			if testing.Short() {
				t.Skip("starts processes")
			}
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBrokenRegistrar$/^"+b.part+"$")
			cmd.Env = append(os.Environ(), "DISCOVERYTEST_BROKEN="+b.what)
			out, err := cmd.CombinedOutput()
			if err == nil || !strings.Contains(string(out), "--- FAIL: TestBrokenRegistrar/"+b.part) {
				t.Errorf("got %v from the suite, want part %s to fail:\n%s", err, b.part, out)
			}
		})
	}
}

// TestBrokenRegistrar is the process that TestRegistrarSuiteNotices starts.
func TestBrokenRegistrar(t *testing.T) {
	what := os.Getenv("DISCOVERYTEST_BROKEN")
	for _, b := range brokenRegistrars {
		if b.what == what {
			discoverytest.RunRegistrar(t, registrar(b.register))
			return
		}
	}
	t.Skip("runs in a process that TestRegistrarSuiteNotices starts")
}

func TestFakeFailsRegistrations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		ended := make(chan error, 1)
		in := discovery.Instance{Address: rpc.TCP("a:1")}
		go func() { ended <- f.Register(t.Context(), service, in) }()
		synctest.Wait()
		f.Fail(service, os.ErrPermission)
		if got := <-ended; got != os.ErrPermission {
			t.Errorf("got %v from the registration, want what it was failed with", got)
		}
		if got := f.Register(t.Context(), service, in); got != os.ErrPermission {
			t.Errorf("got %v from a later one, want the same", got)
		}
		f.Set(service)
		if got, err := discovery.Resolve(t.Context(), &f, service); len(got) != 0 || err != nil {
			t.Errorf("got %v, %v after it, want no instance", got, err)
		}
	})
}
