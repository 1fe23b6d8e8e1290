package pool_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-thrift/internal/pool"
)

// A site is where connections of a test go.
type site struct {
	l      *transport.MemoryListener
	dialed atomic.Int32

	mu      sync.Mutex
	servers []net.Conn // the other ends, in the order of dialing
}

func (s *site) dial(ctx context.Context) (*transport.Conn, error) {
	s.dialed.Add(1)
	client, err := s.l.Dial(ctx)
	if err != nil {
		return nil, err
	}
	server, err := s.l.Accept()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.servers = append(s.servers, server)
	return transport.NewConn(client), nil
}

var roomy = pool.Config{MaxOpen: 10, MaxIdle: 10, IdleTimeout: time.Hour, MaxAge: time.Hour}

// inBubble runs a test with a pool, where time is the test's.
func inBubble(t *testing.T, cfg pool.Config, f func(t *testing.T, p *pool.Pool, s *site)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &site{l: transport.NewMemoryListener()}
		p := pool.New(cfg, s.dial)
		f(t, p, s)
		p.Abort()
	})
}

func take(t *testing.T, p *pool.Pool) *pool.Conn {
	t.Helper()
	c, _, err := p.Take(t.Context(), time.Now())
	if err != nil {
		t.Fatalf("Take: %v", err)
	}
	return c
}

func put(p *pool.Pool, conns ...*pool.Conn) {
	for _, c := range conns {
		p.Put(c, time.Now())
	}
}

// ended reports whether our side has closed the connection.
func ended(server net.Conn) bool {
	server.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := server.Read(make([]byte, 1))
	var timeout net.Error
	return !(errors.As(err, &timeout) && timeout.Timeout())
}

func TestTheLastOneReturnedIsTakenFirst(t *testing.T) {
	inBubble(t, roomy, func(t *testing.T, p *pool.Pool, s *site) {
		a, b, c := take(t, p), take(t, p), take(t, p)
		put(p, a, c, b)
		for i, want := range []*pool.Conn{b, c, a} {
			if got := take(t, p); got != want {
				t.Errorf("take %d was not the connection that was returned last", i)
			}
		}
		if n := s.dialed.Load(); n != 3 {
			t.Errorf("dialed %d times, want 3", n)
		}
		put(p, a, b, c)
		if p.Idle() != 3 || p.Open() != 0 {
			t.Errorf("%d are idle and %d in use, want 3 and 0", p.Idle(), p.Open())
		}
	})
}

func TestIdleConnectionsAreBounded(t *testing.T) {
	for _, tt := range []struct{ put, idle int }{{1, 1}, {2, 2}, {3, 2}} {
		cfg := roomy
		cfg.MaxIdle = 2
		inBubble(t, cfg, func(t *testing.T, p *pool.Pool, s *site) {
			var all []*pool.Conn
			for range tt.put {
				all = append(all, take(t, p))
			}
			put(p, all...)
			if p.Idle() != tt.idle {
				t.Errorf("of %d returned connections %d are idle, want %d", tt.put, p.Idle(), tt.idle)
			}
			closed := 0
			for _, server := range s.servers {
				if ended(server) {
					closed++
				}
			}
			if closed != tt.put-tt.idle {
				t.Errorf("%d were closed, want %d", closed, tt.put-tt.idle)
			}
		})
	}
}

func TestIdleConnectionsAreClosedInTime(t *testing.T) {
	cfg := roomy
	cfg.IdleTimeout = 10 * time.Second
	inBubble(t, cfg, func(t *testing.T, p *pool.Pool, s *site) {
		a, b := take(t, p), take(t, p)
		put(p, a)
		time.Sleep(4 * time.Second)
		put(p, b)
		for _, step := range []struct {
			after time.Duration
			idle  int
		}{{5 * time.Second, 2}, {2 * time.Second, 1}, {2 * time.Second, 1}, {2 * time.Second, 0}} {
			time.Sleep(step.after)
			synctest.Wait()
			if p.Idle() != step.idle {
				t.Errorf("%v later %d are idle, want %d", step.after, p.Idle(), step.idle)
			}
		}
		// The sweep starts anew.
		put(p, take(t, p))
		time.Sleep(11 * time.Second)
		synctest.Wait()
		if p.Idle() != 0 {
			t.Errorf("%d are idle after the second round", p.Idle())
		}
		for i, server := range s.servers {
			if !ended(server) {
				t.Errorf("connection %d is open", i)
			}
		}
	})
}

func TestOldConnectionsAreNotUsedAgain(t *testing.T) {
	cfg := roomy
	cfg.MaxAge = time.Minute
	inBubble(t, cfg, func(t *testing.T, p *pool.Pool, s *site) {
		a := take(t, p)
		put(p, a)
		time.Sleep(time.Minute - time.Second)
		if take(t, p) != a {
			t.Fatal("a connection was replaced before its time")
		}
		put(p, a)
		time.Sleep(time.Second)
		if take(t, p) == a {
			t.Error("a connection was used at its maximum age")
		}
		if !ended(s.servers[0]) {
			t.Error("the old connection is open")
		}
	})
}

func TestTheCapMakesTakersWait(t *testing.T) {
	cfg := roomy
	cfg.MaxOpen = 2
	inBubble(t, cfg, func(t *testing.T, p *pool.Pool, s *site) {
		a, b := take(t, p), take(t, p)
		got := make(chan *pool.Conn, 1)
		go func() {
			c, _, err := p.Take(t.Context(), time.Now())
			if err != nil {
				t.Error(err)
			}
			got <- c
		}()
		synctest.Wait()
		if len(got) > 0 {
			t.Fatal("a third connection was opened")
		}
		put(p, a)
		if c := <-got; c != a {
			t.Error("the waiter got another connection than the one that came free")
		}
		// A place that comes free by a broken connection serves as well.
		go func() {
			c, _, err := p.Take(t.Context(), time.Now())
			if err != nil {
				t.Error(err)
			}
			got <- c
		}()
		synctest.Wait()
		p.Discard(b)
		if c := <-got; c == a || c == b {
			t.Error("the waiter got a connection that is in use or closed")
		}
		if n := s.dialed.Load(); n != 3 {
			t.Errorf("dialed %d times, want 3", n)
		}
	})
}

func TestAWaiterGivesUpWithItsContext(t *testing.T) {
	cfg := roomy
	cfg.MaxOpen = 1
	inBubble(t, cfg, func(t *testing.T, p *pool.Pool, s *site) {
		a := take(t, p)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, _, err := p.Take(ctx, time.Now())
		if !errors.Is(err, pool.ErrExhausted) || !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("got %v after %v; want ErrExhausted and the deadline after 1 s", err, time.Since(start))
		}
		if c, err := p.TryTake(time.Now()); c != nil || err != nil {
			t.Errorf("TryTake got %v, %v; want nothing", c, err)
		}
		put(p, a)
		if c, err := p.TryTake(time.Now()); c != a || err != nil {
			t.Errorf("TryTake got %v, %v; want the connection", c, err)
		}
	})
}

func TestWaitersGoInTheOrderInWhichTheyCame(t *testing.T) {
	cfg := roomy
	cfg.MaxOpen = 1
	inBubble(t, cfg, func(t *testing.T, p *pool.Pool, s *site) {
		a := take(t, p)
		turns := make(chan int, 5)
		for i := range 5 {
			ctx := t.Context()
			if i == 1 { // gives up while it waits
				impatient, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				ctx = impatient
			}
			go func() {
				c, _, err := p.Take(ctx, time.Now())
				if err != nil {
					return
				}
				turns <- i
				if i == 3 {
					p.Discard(c)
				} else {
					put(p, c)
				}
			}()
			synctest.Wait()
		}
		time.Sleep(2 * time.Second)
		put(p, a)
		synctest.Wait()
		for _, want := range []int{0, 2, 3, 4} {
			if got := <-turns; got != want {
				t.Errorf("waiter %d has its turn, want %d", got, want)
			}
		}
		if n := p.Open(); n != 0 {
			t.Errorf("%d places are taken in the end", n)
		}
	})
}

func TestAFailedDialFreesItsPlace(t *testing.T) {
	refused := errors.New("refused")
	p := pool.New(pool.Config{MaxOpen: 1, MaxIdle: 1, IdleTimeout: time.Hour, MaxAge: time.Hour},
		func(context.Context) (*transport.Conn, error) { return nil, refused })
	for range 3 {
		if _, _, err := p.Take(t.Context(), time.Now()); err != refused {
			t.Errorf("got %v, want what the dial said", err)
		}
	}
	if p.Open() != 0 {
		t.Errorf("%d places are taken", p.Open())
	}
}

func TestADialThatPanicsFreesItsPlace(t *testing.T) {
	p := pool.New(pool.Config{MaxOpen: 1, MaxIdle: 1, IdleTimeout: time.Hour, MaxAge: time.Hour},
		func(context.Context) (*transport.Conn, error) { panic("no dialer") })
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		p.Take(t.Context(), time.Now())
	}()
	if p.Open() != 0 {
		t.Errorf("%d places are taken", p.Open())
	}
}

func TestDialReplacesAConnectionUnderTheCap(t *testing.T) {
	cfg := roomy
	cfg.MaxOpen = 1
	inBubble(t, cfg, func(t *testing.T, p *pool.Pool, s *site) {
		a := take(t, p)
		a.Close()
		b, err := p.Dial(t.Context(), time.Now())
		if err != nil || p.Open() != 1 {
			t.Fatalf("Dial: %v, %d in use; want 1", err, p.Open())
		}
		put(p, b)
		if take(t, p) != b {
			t.Error("the replacement was not kept")
		}
	})
}

func TestCloseSparesWhatIsInUse(t *testing.T) {
	inBubble(t, roomy, func(t *testing.T, p *pool.Pool, s *site) {
		used, idle := take(t, p), take(t, p)
		put(p, idle)
		p.Close()
		p.Close()
		if ended(s.servers[0]) || !ended(s.servers[1]) {
			t.Error("want the idle connection closed and the other open")
		}
		if _, _, err := p.Take(t.Context(), time.Now()); err != pool.ErrClosed {
			t.Errorf("Take got %v, want ErrClosed", err)
		}
		if _, err := p.TryTake(time.Now()); err != pool.ErrClosed {
			t.Errorf("TryTake got %v, want ErrClosed", err)
		}
		put(p, used)
		if !ended(s.servers[0]) || p.Idle() != 0 || p.Open() != 0 {
			t.Errorf("a connection that came back is kept: %d idle, %d in use", p.Idle(), p.Open())
		}
	})
}

func TestAbortClosesWhatIsInUse(t *testing.T) {
	cfg := roomy
	cfg.MaxOpen = 2
	inBubble(t, cfg, func(t *testing.T, p *pool.Pool, s *site) {
		used, idle := take(t, p), take(t, p)
		waited := make(chan error, 1)
		go func() {
			_, _, err := p.Take(t.Context(), time.Now())
			waited <- err
		}()
		synctest.Wait()
		p.Abort()
		if err := <-waited; err != pool.ErrClosed {
			t.Errorf("a waiter got %v, want ErrClosed", err)
		}
		for i, server := range s.servers {
			if !ended(server) {
				t.Errorf("connection %d is open", i)
			}
		}
		p.Discard(used)
		put(p, idle)
		p.Abort()
	})
}

func TestAbortEndsADialUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(roomy, func(ctx context.Context) (*transport.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		failed := make(chan error, 1)
		go func() {
			_, _, err := p.Take(t.Context(), time.Now())
			failed <- err
		}()
		synctest.Wait()
		p.Abort()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("the dial ended with %v", err)
		}
	})
}

func TestManyTakersStayUnderTheCap(t *testing.T) {
	cfg := roomy
	cfg.MaxOpen = 5
	inBubble(t, cfg, func(t *testing.T, p *pool.Pool, s *site) {
		var inUse, most atomic.Int32
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() {
				for j := range 20 {
					c, _, err := p.Take(t.Context(), time.Now())
					if err != nil {
						t.Error(err)
						return
					}
					n := inUse.Add(1)
					for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
					}
					time.Sleep(time.Millisecond)
					inUse.Add(-1)
					if (i+j)%7 == 0 {
						p.Discard(c)
					} else {
						put(p, c)
					}
				}
			})
		}
		wg.Wait()
		if most.Load() != 5 || p.Open() != 0 || p.Idle() > 5 {
			t.Errorf("at most %d were in use at once, want 5; %d are now, and %d idle", most.Load(), p.Open(), p.Idle())
		}
	})
}
