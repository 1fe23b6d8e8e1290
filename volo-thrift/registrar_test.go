package volothrift_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
)

// registered lists the addresses that f knows of a service.
func registered(t *testing.T, f *discoverytest.Fake, service string) string {
	t.Helper()
	instances, err := discovery.Resolve(t.Context(), f, service)
	if err != nil {
		t.Error(err)
	}
	var all []string
	for _, in := range instances {
		all = append(all, in.Address.String())
	}
	return strings.Join(all, " ")
}

// throughMemory makes a client dial l.
func throughMemory(l *transport.MemoryListener) volothrift.ClientOption {
	return volothrift.WithDialer(func(ctx context.Context, _ rpc.Address) (*transport.Conn, error) {
		nc, err := l.Dial(ctx)
		if err != nil {
			return nil, err
		}
		return transport.NewConn(nc), nil
	})
}

// TestAServerIsRegisteredWhileItServes follows one from its first listener to
// the end of Shutdown.
func TestAServerIsRegisteredWhileItServes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		f.Fail("test.notes", errors.New("registry is down"))
		atHook := "none ran"
		listener := transport.NewMemoryListener()
		s := volothrift.NewServer(volothrift.WithName("test.notes"),
			volothrift.WithRegistrar(&f, discovery.Announcement{Address: rpc.TCP("notes:1"), Linger: 5 * time.Second}),
			volothrift.OnServe(func(rpc.Address) error { f.Set("test.notes"); return nil }),
			volothrift.OnShutdown(func(context.Context) error {
				time.Sleep(time.Millisecond) // for the registration to end
				atHook = registered(t, &f, "test.notes")
				return nil
			}))
		if err := s.Register(storethrift.NewStoreService(handler{})); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(listener) }()
		c := newClient(t, "notes:1", throughMemory(listener))
		synctest.Wait()
		if got := registered(t, &f, "test.notes"); got != "notes:1" {
			t.Errorf("got %q registered, want notes:1", got)
		}
		mustGet(t, c, "k")

		down := make(chan error, 1)
		go func() { down <- s.Shutdown(t.Context()) }()
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		if got := registered(t, &f, "test.notes"); got != "" || atHook != "" {
			t.Errorf("got %q registered and %q when hooks ran, want none", got, atHook)
		}
		// Clients have not heard of it yet, and are served; new ones, too.
		time.Sleep(4900 * time.Millisecond)
		mustGet(t, c, "k")
		mustGet(t, newClient(t, "notes:1", throughMemory(listener)), "k")
		select {
		case err := <-down:
			t.Errorf("Shutdown has returned %v before it had lingered", err)
		default:
		}
		c.Close()
		if err := <-down; err != nil {
			t.Errorf("Shutdown returned %v", err)
		}
		if err := <-ended; !errors.Is(err, volothrift.ErrServerClosed) {
			t.Errorf("Serve returned %v, want ErrServerClosed", err)
		}
	})
}

func TestCloseDeregistersAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		s := volothrift.NewServer(volothrift.WithRegistrar(&f, discovery.Announcement{
			Service: "test.notes", Address: rpc.TCP("notes:1"), Linger: time.Hour}))
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(transport.NewMemoryListener()) }()
		synctest.Wait()
		if got := registered(t, &f, "test.notes"); got != "notes:1" {
			t.Errorf("got %q registered, want notes:1", got)
		}
		start := time.Now()
		s.Close()
		<-ended
		if got, took := registered(t, &f, "test.notes"), time.Since(start); got != "" || took > 0 {
			t.Errorf("got %q registered %v after Close, want none at once", got, took)
		}
	})
}

func TestAListenerThatEndsIsDeregistered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f discoverytest.Fake
		s := volothrift.NewServer(volothrift.WithRegistrar(&f, discovery.Announcement{
			Service: "test.notes", Address: rpc.TCP("notes:1")}))
		l := transport.NewMemoryListener()
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(l) }()
		synctest.Wait()
		l.Close()
		<-ended
		if got := registered(t, &f, "test.notes"); got != "" {
			t.Errorf("got %q registered, want none", got)
		}
		s.Close()
	})
}

func TestAnAddressThatNobodyCanDialIsRefused(t *testing.T) {
	var f discoverytest.Fake
	s := volothrift.NewServer(volothrift.WithName("test.notes"), volothrift.WithRegistrar(&f, discovery.Announcement{}))
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`volothrift: discovery: announcing service "test.notes": nobody can dial %v: `+
		"set Announcement.Host to what others reach this machine by", l.Addr())
	if err := s.Serve(l); fmt.Sprint(err) != want {
		t.Errorf("Serve returned %v, want %s", err, want)
	}
	if got := registered(t, &f, "test.notes"); got != "" {
		t.Errorf("got %q registered, want none", got)
	}
	s.Close()
}
