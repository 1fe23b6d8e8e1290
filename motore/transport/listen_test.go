package transport_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
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

func TestIdleConnectionsAreClosed(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		ended := make(chan error, 1)
		l := serve(t, m.listen(t, transport.ListenConfig{IdleTimeout: 40 * time.Millisecond}), func(c *transport.Conn) transport.ConnHandler {
			return &handler{
				data: func(in []byte) (int, int, error) {
					// A slow handler is not idle.
					time.Sleep(120 * time.Millisecond)
					return len(in), 0, c.Write(in)
				},
				closed: func(err error) { ended <- err },
			}
		})
		c := m.dial(t, l)
		if _, err := c.Exchange([]byte("x"), make([]byte, 1)); err != nil {
			t.Errorf("the connection was closed while its handler ran: %v", err)
		}
		if err := soon(t, ended, "the idle time-out"); !errors.Is(err, transport.ErrIdle) {
			t.Errorf("Closed(%v), want %v", err, transport.ErrIdle)
		}
		if _, err := c.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("Read() of the client = %v, want %v", err, io.EOF)
		}
	})
}

type idler struct {
	handler
	idle atomic.Bool
}

func (i *idler) Idle() bool { return i.idle.Load() }

func TestWhatIsIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = time.Minute
		ml := transport.NewMemoryListener()
		lc := transport.ListenConfig{IdleTimeout: timeout}
		l := lc.Wrap(ml)
		h := &idler{}
		var ended atomic.Pointer[error]
		h.closed = func(err error) { ended.Store(&err) }
		done := make(chan error)
		go func() { done <- l.Serve(func(*transport.Conn) transport.ConnHandler { return h }) }()
		nc := must(ml.Dial(t.Context()))

		// One step after the other, between two of the listener's looks; each
		// says what it proves.
		time.Sleep(2*timeout + time.Second/2)
		if ended.Load() != nil {
			t.Fatal("closed although the handler said that it was not idle")
		}
		h.idle.Store(true)
		nc.Write([]byte("x"))
		for range 10 {
			time.Sleep(timeout / 2)
			nc.Write([]byte("x"))
		}
		if ended.Load() != nil {
			t.Fatal("closed although bytes came twice per time-out")
		}
		time.Sleep(timeout - time.Second)
		if ended.Load() != nil {
			t.Fatal("closed before the time-out")
		}
		time.Sleep(timeout/4 + 3*time.Second)
		if err := ended.Load(); err == nil || !errors.Is(*err, transport.ErrIdle) {
			t.Fatalf("Closed(%v), want %v soon after the time-out", err, transport.ErrIdle)
		}
		l.Close()
		l.Wait()
		<-done
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
		want := 5 * time.Millisecond
		for i := range fl.failures {
			if got := fl.attempts[i+1].Sub(fl.attempts[i]); got != want {
				t.Errorf("pause %d is %v, want %v", i, got, want)
			}
			want = min(2*want, time.Second)
		}
		c.Close()
		l.Close()
		l.Wait()
		if err := <-done; err != transport.ErrListenerClosed {
			t.Errorf("Serve() = %v, want %v", err, transport.ErrListenerClosed)
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

func TestUnixSocketFiles(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, path string)
		want    error // of Listen
	}{
		{"no file", func(*testing.T, string) {}, nil},
		{"a file of a process that is gone", func(t *testing.T, path string) {
			l := must(net.Listen("unix", path)).(*net.UnixListener)
			l.SetUnlinkOnClose(false)
			l.Close()
		}, nil},
		{"a file on which somebody listens", func(t *testing.T, path string) {
			closeLater(t, must(net.Listen("unix", path)))
		}, syscall.EADDRINUSE},
		{"a file that is no socket", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, syscall.EADDRINUSE},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			test.prepare(t, path)
			l, err := new(transport.ListenConfig).Listen(t.Context(), rpc.Unix(path))
			if !errors.Is(err, test.want) {
				t.Fatalf("Listen() = %v, want %v", err, test.want)
			}
			if err != nil {
				if _, err := os.Lstat(path); err != nil {
					t.Errorf("the file is gone: %v", err)
				}
				return
			}
			if got, want := l.Address(), rpc.Unix(path); got != want {
				t.Errorf("Address() = %v, want %v", got, want)
			}
			l.Close()
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("after Close the file is still there: %v", err)
			}
		})
	}
}

func TestAbstractUnixSocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has them")
	}
	addr := rpc.Unix("@volo-transport-" + filepath.Base(t.TempDir()))
	lc := transport.ListenConfig{}
	l := serve(t, mustListen(t, &lc, addr), echo)
	c := closeLater(t, must(new(transport.Dialer).Dial(t.Context(), addr)))
	if n, err := c.Exchange([]byte("x"), make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("Exchange() = %d, %v", n, err)
	}
	if got := l.Address(); got != addr {
		t.Errorf("Address() = %v, want %v", got, addr)
	}
}

func TestUnreadBytesOfEngineNetpollAreLimited(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no engine netpoll")
	}
	const limit = 1 << 20
	for _, test := range []struct {
		name string
		send int
		want error
	}{
		{"below the limit", limit - 2, io.EOF},
		{"at the limit", limit - 1, io.EOF},
		{"above the limit", limit, transport.ErrReadLimit},
		{"far above the limit", 16 * limit, transport.ErrReadLimit},
	} {
		t.Run(test.name, func(t *testing.T) {
			release := make(chan struct{})
			ended := make(chan error, 1)
			lc := transport.ListenConfig{Engine: transport.EngineNetpoll, ReadLimit: limit, IdleTimeout: 40 * time.Millisecond}
			l := serve(t, mustListen(t, &lc, tcpAny(t)), func(c *transport.Conn) transport.ConnHandler {
				return &handler{
					data:   func(in []byte) (int, int, error) { <-release; return len(in), 0, nil },
					closed: func(err error) { ended <- err },
				}
			})
			nc := closeLater(t, must(net.Dial(l.Address().Dial())))
			nc.Write([]byte("x")) // counts too, as long as it is being handled
			var wg sync.WaitGroup
			wg.Go(func() { nc.Write(make([]byte, test.send)) })
			time.Sleep(100 * time.Millisecond) // some sweeps pass
			close(release)
			wg.Wait()
			nc.Close()
			if err := soon(t, ended, "Closed"); !errors.Is(err, test.want) {
				t.Errorf("Closed(%v), want %v", err, test.want)
			}
		})
	}
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
