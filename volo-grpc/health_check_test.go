package vologrpc_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/health"
)

// A fleet are servers in memory that can be listed, and answer with their
// names.
type fleet struct {
	t *testing.T

	mu        sync.Mutex
	listeners map[rpc.Address]*transport.MemoryListener
	servers   map[rpc.Address]*vologrpc.Server
	listed    []discovery.Instance
	update    func([]discovery.Instance)
}

func newFleet(t *testing.T) *fleet {
	return &fleet{t: t, listeners: map[rpc.Address]*transport.MemoryListener{}, servers: map[rpc.Address]*vologrpc.Server{}}
}

func place(name string) rpc.Address { return rpc.TCP(name + ":1") }

// start starts a server; without health, if that is nil.
func (f *fleet) start(name string, h *health.Server) {
	l := transport.NewMemoryListener()
	s := vologrpc.NewServer(quiet)
	services := []*vologrpc.Service{service(notes{get: func(context.Context, *note) (*note, error) { return of(name), nil }})}
	if h != nil {
		services = append(services, h.Service())
	}
	for _, service := range services {
		if err := s.Register(service); err != nil {
			f.t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	f.t.Cleanup(func() {
		s.Close()
		<-ended
	})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners[place(name)], f.servers[place(name)] = l, s
}

// kill ends a server at once.
func (f *fleet) kill(name string) {
	f.mu.Lock()
	s := f.servers[place(name)]
	delete(f.listeners, place(name))
	f.mu.Unlock()
	s.Close()
}

func (f *fleet) dial(ctx context.Context, a rpc.Address) (*transport.Conn, error) {
	f.mu.Lock()
	l := f.listeners[a]
	f.mu.Unlock()
	if l == nil {
		return nil, errors.New("nobody listens")
	}
	nc, err := l.Dial(ctx)
	if err != nil {
		return nil, err
	}
	return transport.NewConn(nc), nil
}

// list makes discovery list these.
func (f *fleet) list(names ...string) {
	var listed []discovery.Instance
	for _, name := range names {
		listed = append(listed, discovery.Instance{Address: place(name)})
	}
	f.mu.Lock()
	f.listed = listed
	update := f.update
	f.mu.Unlock()
	if update != nil {
		update(listed)
	}
	synctest.Wait()
}

// Watch implements discovery.Discoverer.
func (f *fleet) Watch(ctx context.Context, _ string, update func([]discovery.Instance)) error {
	f.mu.Lock()
	f.update = update
	listed := f.listed
	f.mu.Unlock()
	update(listed)
	<-ctx.Done()
	return ctx.Err()
}

// client is one that balances in turn.
func (f *fleet) client(opts ...vologrpc.ClientOption) notesClient {
	return dial(f.t, "notes", append([]vologrpc.ClientOption{
		vologrpc.WithDialer(f.dial), vologrpc.WithDiscoverer(f), vologrpc.WithBalancer(loadbalance.RoundRobin()),
	}, opts...)...)
}

// reached returns who answers twelve calls, in order of their names, once
// each; or the code of the first error.
func reached(c notesClient) []string {
	c.get(context.Background(), "") // the first call begins to watch
	synctest.Wait()
	seen := map[string]bool{}
	for range 12 {
		got, err := c.get(context.Background(), "")
		if err != nil {
			return []string{vologrpc.CodeOf(err).String()}
		}
		seen[got] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func wantReached(t *testing.T, when string, c notesClient, want ...string) {
	t.Helper()
	if got := reached(c); !slices.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", when, got, want)
	}
}

func TestOnlyHealthyInstancesGetCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a, b := health.New(), health.New()
		a.Set("notes", health.Serving)
		b.Set("notes", health.NotServing)
		f.start("a", a)
		f.start("b", b)
		f.start("c", nil)
		f.list("a", "b", "c", "d")
		c := f.client(vologrpc.WithHealthCheck("notes"))
		wantReached(t, "at first", c, "a", "c")
		b.Set("notes", health.Serving)
		wantReached(t, "when b has recovered", c, "a", "b", "c")
		a.Set("notes", health.Unknown)
		wantReached(t, "when a does not know", c, "b", "c")
		f.list("b", "d")
		wantReached(t, "when a and c are gone", c, "b")
		for _, conn := range c.Connections() {
			if conn.Address == place("a") || conn.Address == place("c") {
				t.Errorf("a connection to %v is left", conn.Address)
			}
		}
		f.kill("b")
		wantReached(t, "when b has crashed", c, "UNAVAILABLE")
		f.start("b", b)
		time.Sleep(2 * time.Minute) // no longer than the longest backoff
		wantReached(t, "when b is back", c, "b")
		b.Set("notes", health.NotServing)
		f.start("d", health.New()) // which does not know of notes
		time.Sleep(2 * time.Minute)
		wantReached(t, "when none is healthy", c, "UNAVAILABLE")
	})
}

func TestHealthOfAServerByServiceConfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a, b := health.New(), health.New()
		f.start("a", a)
		f.start("b", b)
		f.list("a", "b")
		config, err := vologrpc.ParseServiceConfig(`{"healthCheckConfig": {"serviceName": ""}, "loadBalancingConfig": [{"round_robin": {}}]}`)
		if err != nil {
			t.Fatal(err)
		}
		c := f.client(vologrpc.WithServiceConfig(config))
		wantReached(t, "at first", c, "a", "b")
		a.Set("", health.NotServing)
		wantReached(t, "when a is not serving", c, "b")
	})
}

func TestCallsMayWaitForAHealthyInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a := health.New()
		a.Set("", health.NotServing)
		f.start("a", a)
		f.list("a")
		c := f.client(vologrpc.WithHealthCheck(""))
		wantReached(t, "a call that does not wait", c, "UNAVAILABLE")
		done := make(chan error, 1)
		go func() {
			_, err := c.with(vologrpc.CallWaitForReady()).get(context.Background(), "")
			done <- err
		}()
		time.Sleep(time.Hour)
		select {
		case err := <-done:
			t.Errorf("the call that waits has ended with %v", err)
		default:
		}
		a.Set("", health.Serving)
		if err := <-done; err != nil {
			t.Errorf("the call that has waited: %v", err)
		}

		a.Set("", health.NotServing)
		synctest.Wait()
		_, err := c.with(vologrpc.CallWaitForReady(), vologrpc.CallTimeout(time.Second)).get(context.Background(), "")
		if vologrpc.CodeOf(err) != vologrpc.DeadlineExceeded {
			t.Errorf("a call whose time is up: got %v", err)
		}
		go func() {
			_, err := c.with(vologrpc.CallWaitForReady()).get(context.Background(), "")
			done <- err
		}()
		synctest.Wait()
		c.Close()
		if err := <-done; err == nil {
			t.Error("a call that waits has outlived its client")
		}
	})
}

// What discovery has found stays while it fails, and so do the watches.
func TestHealthIsWatchedWhileDiscoveryFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		a, b := health.New(), health.New()
		f.start("a", a)
		f.start("b", b)
		f.list("a", "b")
		failing := discovery.Func(func(_ context.Context, _ string, update func([]discovery.Instance)) error {
			update(f.listed)
			return errors.New("the registry is gone")
		})
		c := f.client(vologrpc.WithHealthCheck(""), vologrpc.WithDiscoverer(failing))
		wantReached(t, "at first", c, "a", "b")
		a.Set("", health.NotServing)
		wantReached(t, "when a is not serving", c, "b")
	})
}

func TestAServerNeedNotWaitForItsWatchers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t)
		f.start("a", health.New())
		f.start("b", health.New())
		f.list("a", "b")
		c := f.client(vologrpc.WithHealthCheck(""))
		wantReached(t, "at first", c, "a", "b")
		time.Sleep(time.Minute)
		f.mu.Lock()
		s := f.servers[place("a")]
		delete(f.listeners, place("a"))
		f.mu.Unlock()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		if err := s.Shutdown(ctx); err != nil || time.Since(begun) > 3*time.Second {
			t.Errorf("Shutdown took %v: %v", time.Since(begun), err)
		}
		synctest.Wait()
		wantReached(t, "when one has gone", c, "b")
	})
}
