package transport_test

import (
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/transport"
)

func TestIdleConnectionsAreClosed(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		ended := make(chan error, 1)
		var entered atomic.Bool
		l := serve(t, m.listen(t, transport.ListenConfig{IdleTimeout: 40 * time.Millisecond}), func(c *transport.Conn) transport.ConnHandler {
			return &handler{
				data: func(in []byte) (int, int, error) {
					entered.Store(true)
					// A slow handler is not idle.
					time.Sleep(120 * time.Millisecond)
					return len(in), 0, c.Write(in)
				},
				closed: func(err error) { ended <- err },
			}
		})
		c := m.dial(t, l)
		_, err := c.Exchange([]byte("x"), make([]byte, 1))
		for !entered.Load() { // we were slow, and idle
			<-ended
			c = m.dial(t, l)
			_, err = c.Exchange([]byte("x"), make([]byte, 1))
		}
		if err != nil {
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
		h.idle.Store(true) // which is news: an answer may be on its way
		time.Sleep(timeout - time.Second)
		if ended.Load() != nil {
			t.Fatal("closed although the handler said a moment ago that it was not idle")
		}
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
			accepted, ended := make(chan *transport.Conn, 1), make(chan error, 1)
			lc := transport.ListenConfig{Engine: transport.EngineNetpoll, ReadLimit: limit, IdleTimeout: 400 * time.Millisecond} // it looks every 100 ms
			l := serve(t, mustListen(t, &lc, tcpAny(t)), func(c *transport.Conn) transport.ConnHandler {
				accepted <- c
				return &handler{
					data:   func(in []byte) (int, int, error) { <-release; return len(in), 0, nil },
					closed: func(err error) { ended <- err },
				}
			})
			nc := closeLater(t, must(net.Dial(l.Address().Dial())))
			nc.Write([]byte("x")) // counts too, as long as it is being handled
			var wg sync.WaitGroup
			wg.Go(func() { nc.Write(make([]byte, test.send)) })
			time.Sleep(250 * time.Millisecond) // it has looked
			if c := <-accepted; test.want == transport.ErrReadLimit {
				for start := time.Now(); transport.Closing(c) == nil && time.Since(start) < patience; {
					time.Sleep(time.Millisecond)
				}
			}
			close(release)
			if test.want == io.EOF {
				wg.Wait()
				nc.Close()
			} // otherwise later: with -race, netpoll takes a late event for one of the next connection
			if err := soon(t, ended, "Closed"); !errors.Is(err, test.want) {
				t.Errorf("Closed(%v), want %v", err, test.want)
			}
			wg.Wait()
		})
	}
}
