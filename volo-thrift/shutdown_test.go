package volothrift_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

// patient answers after a second, whatever its context says.
var patient = handler{get: func(_ context.Context, key string) (string, error) {
	time.Sleep(time.Second)
	return key, nil
}}

func TestShutdownLetsCallsFinish(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			pair := serve(t, patient)
			c := dial(t, pair, p.opts...)
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() { mustGet(t, c, "in flight") })
			}
			synctest.Wait()
			start := time.Now()
			if err := pair.Server().Shutdown(t.Context()); err != nil {
				t.Errorf("%s: Shutdown returned %v", p.name, err)
			}
			if took := time.Since(start); took < time.Second || took > 1500*time.Millisecond {
				t.Errorf("%s: Shutdown took %v, want about a second", p.name, took)
			}
			wg.Wait()
		})
	}
}

func TestShutdownWithoutCallsIsQuick(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			pair := serve(t, handler{})
			mustGet(t, dial(t, pair, p.opts...), "k")
			start := time.Now()
			if err := pair.Server().Shutdown(t.Context()); err != nil || time.Since(start) > 250*time.Millisecond {
				t.Errorf("%s: Shutdown returned %v after %v", p.name, err, time.Since(start))
			}
		})
	}
}

func TestCallsGoElsewhereWhenAServerShutsDown(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			h := handler{get: func(_ context.Context, key string) (string, error) {
				time.Sleep(time.Millisecond)
				return key, nil
			}}
			going, staying := serve(t, h), serve(t, h)
			one, other := rpc.TCP("10.0.0.1:1"), rpc.TCP("10.0.0.2:1")
			c := newClient(t, "store", append(p.opts,
				volothrift.WithDiscoverer(discovery.Static(one, other)),
				volothrift.WithDialer(func(ctx context.Context, addr rpc.Address) (*transport.Conn, error) {
					if addr == one {
						return going.Dial(ctx, addr)
					}
					return staying.Dial(ctx, addr)
				}))...)
			var stop atomic.Bool
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					for !stop.Load() {
						mustGet(t, c, "k")
						time.Sleep(time.Millisecond)
					}
				})
			}
			time.Sleep(100 * time.Millisecond)
			if err := going.Server().Shutdown(t.Context()); err != nil {
				t.Errorf("%s: Shutdown returned %v", p.name, err)
			}
			time.Sleep(100 * time.Millisecond)
			stop.Store(true)
			wg.Wait()
		})
	}
}

func TestCallsFailRetryableWhenTheOnlyServerIsGone(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			pair := serve(t, handler{})
			c := dial(t, pair, p.opts...)
			mustGet(t, c, "k")
			pair.Server().Shutdown(t.Context())
			_, err := c.Get(t.Context(), "k")
			if e := asError(t, err); e.Outcome() != rpc.Unsent || e.Phase != volothrift.PhaseDial {
				t.Errorf("%s: got %v, %v; want a dial error of an unsent call", p.name, err, e.Outcome())
			}
		})
	}
}

func TestShutdownIsBoundedByItsContext(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan error, 1)
			pair := serve(t, handler{get: func(ctx context.Context, _ string) (string, error) {
				<-ctx.Done()
				ended <- context.Cause(ctx)
				time.Sleep(time.Second) // too long for an answer
				return "", nil
			}})
			c := dial(t, pair, p.opts...)
			failed := make(chan error, 1)
			go func() {
				_, err := c.Get(t.Context(), "k")
				failed <- err
			}()
			synctest.Wait()
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			start := time.Now()
			if err := pair.Server().Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
				t.Errorf("%s: Shutdown returned %v after %v; want the deadline after 3 s", p.name, err, time.Since(start))
			}
			if cause := <-ended; cause != volothrift.ErrServerClosed {
				t.Errorf("%s: the handler's context ended with %v, want ErrServerClosed", p.name, cause)
			}
			if e := asError(t, <-failed); e.Phase != volothrift.PhaseRead || e.Outcome() != rpc.Lost {
				t.Errorf("%s: the call failed with %v; want a read error, not retryable", p.name, e)
			}
		})
	}
}

func TestShutdownIsBoundedThoughAPeer(t *testing.T) {
	value := strings.Repeat("v", 100<<10)
	for _, tt := range []struct {
		what string
		do   func(p *peer)
	}{
		{"does not read", func(p *peer) { p.send(dialects[4].request) }},
		{"does not read, in order", func(p *peer) { p.send(dialects[2].request) }},
		{"has sent half a message", func(p *peer) { p.send(dialects[2].request[:20]) }},
		{"has sent three bytes", func(p *peer) { p.send([]byte{0, 0, 0}) }},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pair := serve(t, handler{get: func(context.Context, string) (string, error) { return value, nil }},
					volothrift.WithWriteTimeout(time.Hour))
				tt.do(newPeer(t, pair))
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				start := time.Now()
				if err := pair.Server().Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 3*time.Second {
					t.Errorf("Shutdown returned %v after %v; want the deadline after 3 s", err, time.Since(start))
				}
			})
		})
	}
}

func TestShutdownWaitsUntilAnswersAreWritten(t *testing.T) {
	value := strings.Repeat("v", 1<<20)
	for _, d := range dialects[:6] {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pair := serve(t, handler{get: func(context.Context, string) (string, error) { return value, nil }})
				p := newPeer(t, pair)
				p.send(d.request, d.request)
				synctest.Wait() // the answers fill what there is of buffers
				ended := make(chan error, 1)
				go func() { ended <- pair.Server().Shutdown(t.Context()) }()
				time.Sleep(500 * time.Millisecond)
				got, err := io.ReadAll(p)
				if n := bytes.Count(got, []byte("get")); n != 2 || len(got) < 2*len(value) || err != nil {
					t.Errorf("received %d answers in %d bytes, then %v; want 2 in more than %d", n, len(got), err, 2*len(value))
				}
				if err := <-ended; err != nil {
					t.Errorf("Shutdown returned %v", err)
				}
			})
		})
	}
}

// A peer without a header finds the end of the connection right behind its last
// answer, which is like any other.
func TestTheLastAnswerWithoutAHeaderIsFollowedByTheEnd(t *testing.T) {
	for _, d := range dialects[:2] {
		synctest.Test(t, func(t *testing.T) {
			pair := serve(t, patient)
			p := newPeer(t, pair)
			p.send(d.request)
			synctest.Wait()
			ended := make(chan error, 1)
			go func() { ended <- pair.Server().Shutdown(t.Context()) }()
			got, err := io.ReadAll(p)
			at := bytes.Index(got, []byte{0x80, 0x01})
			if err != nil || at < 0 || got[at+2] != 0 || got[at+3] != typeReply {
				t.Errorf("%s: received % x, then %v; want a reply", d.name, got, err)
			}
			if err := <-ended; err != nil {
				t.Errorf("%s: Shutdown returned %v", d.name, err)
			}
		})
	}
}

func TestCloseCutsCallsOffAndWaitsForHandlers(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			var returned atomic.Bool
			var cause error
			pair := serve(t, handler{get: func(ctx context.Context, _ string) (string, error) {
				<-ctx.Done()
				cause = context.Cause(ctx)
				time.Sleep(time.Second)
				returned.Store(true)
				return "", nil
			}})
			c := dial(t, pair, p.opts...)
			failed := make(chan error, 1)
			go func() {
				_, err := c.Get(t.Context(), "k")
				failed <- err
			}()
			synctest.Wait()
			pair.Server().Close()
			if !returned.Load() || cause != volothrift.ErrServerClosed {
				t.Errorf("%s: Close returned while the handler, cancelled with %v, runs", p.name, cause)
			}
			if err := <-failed; err == nil {
				t.Errorf("%s: the call succeeded", p.name)
			}
			pair.Server().Close()
			if err := pair.Server().Shutdown(t.Context()); err != nil {
				t.Errorf("%s: Shutdown after Close returned %v", p.name, err)
			}
		})
	}
}

func TestAServerThatIsOverServesNoMore(t *testing.T) {
	for what, end := range map[string]func(*volothrift.Server){
		"Shutdown": func(s *volothrift.Server) { s.Shutdown(context.Background()) },
		"Close":    func(s *volothrift.Server) { s.Close() },
	} {
		s := newServer(t, handler{})
		end(s)
		l := transport.NewMemoryListener()
		if err := s.Serve(l); err != volothrift.ErrServerClosed {
			t.Errorf("Serve after %s returned %v, want ErrServerClosed", what, err)
		}
		if _, err := l.Dial(t.Context()); err == nil {
			t.Errorf("the listener of Serve after %s is open", what)
		}
	}
}

func TestRegisterAfterServeIsAnError(t *testing.T) {
	pair := serve(t, handler{})
	mustGet(t, dial(t, pair), "k")
	if err := pair.Server().Register(storethrift.NewAuditService(auditor{})); err == nil {
		t.Error("a service was registered with a server that serves")
	}
}

func TestHooksRunInOrder(t *testing.T) {
	var mu sync.Mutex
	var ran []string
	note := func(s string) {
		mu.Lock()
		defer mu.Unlock()
		ran = append(ran, s)
	}
	oops := errors.New("registry is down")
	var s *volothrift.Server
	s = newServer(t, handler{},
		volothrift.OnServe(func(a rpc.Address) error { note("serve 1 on " + a.String()); return nil }),
		volothrift.OnServe(func(rpc.Address) error { note("serve 2"); return nil }),
		volothrift.OnShutdown(func(ctx context.Context) error {
			note("shutdown 1")
			if _, ok := ctx.Deadline(); !ok {
				t.Error("the hook's context has no deadline")
			}
			return oops
		}),
		volothrift.OnShutdown(func(context.Context) error { note("shutdown 2"); return nil }),
	)
	pair := volothrifttest.Serve(t, s)
	mustGet(t, dial(t, pair), "k")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, oops) {
		t.Errorf("Shutdown returned %v; want the hook's error", err)
	}
	if want := []string{"serve 1 on memory", "serve 2", "shutdown 1", "shutdown 2"}; !slices.Equal(ran, want) {
		t.Errorf("hooks ran as %q, want %q", ran, want)
	}
}

func TestAFailedServeHookEndsServing(t *testing.T) {
	oops := errors.New("registry is down")
	s := newServer(t, handler{}, volothrift.OnServe(func(rpc.Address) error { return oops }))
	l := transport.NewMemoryListener()
	if err := s.Serve(l); !errors.Is(err, oops) {
		t.Errorf("Serve returned %v; want the hook's error", err)
	}
	if _, err := l.Dial(t.Context()); err == nil {
		t.Error("the listener is open")
	}
}

func TestRunServesUntilItsContextIsDone(t *testing.T) {
	path := t.TempDir() + "/s"
	addresses := make(chan rpc.Address, 2)
	s := newServer(t, handler{}, volothrift.OnServe(func(a rpc.Address) error { addresses <- a; return nil }))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, "127.0.0.1:0", "unix:"+path) }()
	for range 2 {
		mustGet(t, newClient(t, (<-addresses).String()), "k")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run returned %v", err)
	}
}

func TestRunNamesTheAddressThatFails(t *testing.T) {
	for _, bad := range []string{"nowhere", "256.0.0.1:1", "unix:", "udp://127.0.0.1:1"} {
		s := newServer(t, handler{})
		if err := s.Run(t.Context(), "127.0.0.1:0", bad); !contains(err, bad) {
			t.Errorf("Run on %q returned %v", bad, err)
		}
		s.Run(t.Context(), "127.0.0.1:0") // returns, as the server is over
	}
}

func TestEndingAServerManyTimesAtOnce(t *testing.T) {
	for range 20 {
		pair := serve(t, handler{})
		c := dial(t, pair)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() { c.Get(t.Context(), "k") })
			wg.Go(func() { pair.Server().Shutdown(t.Context()) })
			wg.Go(func() { pair.Server().Close() })
			wg.Go(func() {
				if conn, err := pair.Dial(t.Context(), rpc.Address{}); err == nil {
					conn.Close()
				}
			})
		}
		wg.Wait()
	}
}

// A gatedConn reads only what the test lets it: until then bytes stay where the
// kernel has them.
type gatedConn struct {
	*net.TCPConn
	reads  chan struct{}
	closed chan struct{}
	once   *sync.Once
}

func (c gatedConn) Read(b []byte) (int, error) {
	select {
	case <-c.reads:
		return c.TCPConn.Read(b)
	case <-c.closed:
		return 0, net.ErrClosed
	}
}

func (c gatedConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.TCPConn.Close()
}

type gatedListener struct {
	net.Listener
	reads chan struct{}
}

func (l gatedListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return gatedConn{nc.(*net.TCPConn), l.reads, make(chan struct{}), new(sync.Once)}, nil
}

// A request that has arrived, but that nobody has read, keeps its connection.
func TestShutdownServesWhatHasArrived(t *testing.T) {
	for i, d := range dialects[:6] {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			note := message(typeOneway, "note", 1, text(1, "k"))
			wait := 3 * drainGrace
			switch i {
			case 1:
				note = framed(note)
			case 2:
				note = header{seq: 1}.frame(note)
			case 3:
				note = header{seq: 1}.frame(framed(note))
			case 4:
				note, wait = header{flags: 1, seq: 1}.frame(note), departTime+3*drainGrace
			case 5:
				note, wait = header{flags: 1, seq: 1}.frame(framed(note)), departTime+3*drainGrace
			}
			var noted atomic.Int32
			s := newServer(t, handler{note: func(context.Context, string) error {
				noted.Add(1)
				return nil
			}})
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			reads := make(chan struct{}, 1)
			go s.Serve(gatedListener{l, reads})
			nc, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			p := &peer{t, nc}
			reads <- struct{}{}
			p.send(d.request)
			d.check(p)
			p.send(note, note)
			ended := make(chan error, 1)
			go func() { ended <- s.Shutdown(t.Context()) }()
			time.Sleep(wait) // for several looks at the connection
			close(reads)
			if err := <-ended; err != nil || noted.Load() != 2 {
				t.Errorf("Shutdown returned %v after %d oneway calls, want 2", err, noted.Load())
			}
		})
	}
}

// As long as in server.go.
const (
	drainGrace = 100 * time.Millisecond
	departTime = 2 * time.Second
)
