package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

func TestMaxConns(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		const limit = 2
		rejected := make(chan rpc.Address, 10)
		l := serve(t, m.listen(t, transport.ListenConfig{
			MaxConns: limit,
			OnReject: func(peer rpc.Address) { rejected <- peer },
		}), echo)
		// accepted tells whether a new connection is served.
		accepted := func() (io.Closer, bool) {
			d := m.raw
			var nc net.Conn
			if !strings.Contains(m.name, "TLS") {
				nc = d(t, l)
			} else {
				nc = rawTLS(t, l)
			}
			if nc == nil {
				return nil, false
			}
			nc.SetDeadline(time.Now().Add(patience))
			nc.Write([]byte("x"))
			_, err := io.ReadFull(nc, make([]byte, 1))
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatal("neither served nor turned away")
			}
			return nc, err == nil
		}
		var open []io.Closer
		for i := range limit {
			c, ok := accepted()
			if !ok {
				t.Fatalf("connection %d of %d was turned away", i+1, limit)
			}
			open = append(open, c)
		}
		if _, ok := accepted(); ok {
			t.Errorf("connection %d of %d was served", limit+1, limit)
		}
		soon(t, rejected, "OnReject")
		if got := l.Rejected(); got != 1 {
			t.Errorf("Rejected() = %d, want 1", got)
		}
		if got := l.Conns(); got != limit {
			t.Errorf("Conns() = %d, want %d", got, limit)
		}
		open[0].Close()
		for start := time.Now(); l.Conns() == limit; runtime.Gosched() {
			if time.Since(start) > patience {
				t.Fatal("the closed connection still counts")
			}
		}
		if _, ok := accepted(); !ok {
			t.Error("a connection was turned away although another had closed")
		}
	})
}

// A failingListener fails to accept a number of times.
type failingListener struct {
	*transport.MemoryListener
	failures int
	attempts []time.Time
}

func (l *failingListener) Accept() (net.Conn, error) {
	l.attempts = append(l.attempts, time.Now())
	if len(l.attempts) <= l.failures {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept", syscall.EMFILE)}
	}
	return l.MemoryListener.Accept()
}

func TestAcceptErrorsAreRetriedEverSlower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fl := &failingListener{MemoryListener: transport.NewMemoryListener(), failures: 12}
		var log bytes.Buffer
		lc := transport.ListenConfig{Logger: slog.New(slog.NewTextHandler(&log, nil))}
		l := lc.Wrap(fl)
		done := make(chan error)
		go func() { done <- l.Serve(echo) }()
		c := transport.NewConn(must(fl.Dial(t.Context())))
		if _, err := c.Exchange([]byte("x"), make([]byte, 1)); err != nil {
			t.Errorf("Exchange() after the failures: %v", err)
		}
		c.Close()
		l.Close()
		l.Wait()
		if err := <-done; err != transport.ErrListenerClosed {
			t.Errorf("Serve() = %v, want %v", err, transport.ErrListenerClosed)
		}
		want := 5 * time.Millisecond
		for i := range fl.failures {
			if got := fl.attempts[i+1].Sub(fl.attempts[i]); got != want {
				t.Errorf("pause %d is %v, want %v", i, got, want)
			}
			want = min(2*want, time.Second)
		}
		if n := strings.Count(log.String(), "accept failed"); n != 1 {
			t.Errorf("logged %d times, want once:\n%s", n, log.String())
		}
	})
}

func TestCloseEndsAPauseBetweenAccepts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fl := &failingListener{MemoryListener: transport.NewMemoryListener(), failures: 1 << 30}
		lc := transport.ListenConfig{Logger: slog.New(slog.DiscardHandler)}
		l := lc.Wrap(fl)
		done := make(chan error)
		go func() { done <- l.Serve(echo) }()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		start := time.Now()
		l.Close()
		if err := <-done; err != transport.ErrListenerClosed || time.Since(start) != 0 {
			t.Errorf("Serve() = %v after %v, want %v at once", err, time.Since(start), transport.ErrListenerClosed)
		}
	})
}

func TestServeEndsWhenTheListenerIsClosedByOthers(t *testing.T) {
	nl := must(net.Listen("tcp", "127.0.0.1:0"))
	l := new(transport.ListenConfig).Wrap(nl)
	nl.Close()
	if err := l.Serve(echo); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Serve() = %v, want %v", err, net.ErrClosed)
	}
}

func TestWaitWaitsForClosed(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		inClosed, release := make(chan struct{}), make(chan struct{})
		l := serve(t, m.listen(t, transport.ListenConfig{}), func(c *transport.Conn) transport.ConnHandler {
			return &handler{
				data:   func(in []byte) (int, int, error) { return len(in), 0, c.Write(in) },
				closed: func(error) { close(inClosed); <-release },
			}
		})
		c := m.dial(t, l)
		if _, err := c.Exchange([]byte("x"), make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		l.Close()
		if _, err := c.Exchange([]byte("x"), make([]byte, 1)); err != nil {
			t.Errorf("Close of the listener closed a connection: %v", err)
		}
		waited := make(chan struct{})
		go func() { l.Wait(); close(waited) }()
		c.Close()
		soon(t, inClosed, "Closed")
		select {
		case <-waited:
			t.Error("Wait returned before Closed had")
		default:
		}
		close(release)
		soon(t, waited, "Wait")
	})
}

func TestANilHandlerTurnsTheConnectionAway(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		l := serve(t, m.listen(t, transport.ListenConfig{}), func(*transport.Conn) transport.ConnHandler { return nil })
		c := m.dial(t, l)
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read() = %v, want %v", err, io.EOF)
		}
		l.Close()
		l.Wait()
	})
}

func TestListenErrors(t *testing.T) {
	for _, addr := range []rpc.Address{{}, rpc.TCP("127.0.0.1:notaport"), rpc.Unix("/nonexistent/dir/s")} {
		if l, err := new(transport.ListenConfig).Listen(context.Background(), addr); err == nil {
			t.Errorf("Listen(%v) = %v, want an error", addr, l.Address())
		}
	}
}

func TestPortZeroIsReplaced(t *testing.T) {
	l := mustListen(t, new(transport.ListenConfig), rpc.TCP("127.0.0.1:0"))
	if _, addr := l.Address().Dial(); strings.HasSuffix(addr, ":0") {
		t.Errorf("Address() = %v, want the port that was chosen", addr)
	}
}
