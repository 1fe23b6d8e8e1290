package transport_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// patience is how long a test waits for what must happen.
const patience = 2 * time.Minute

// A medium is one way to carry bytes; the tests run on all of them.
type medium struct {
	name   string
	engine transport.Engine
	listen func(t *testing.T, lc transport.ListenConfig) *transport.Listener
	// mute listens with backpressure: what its handlers leave unread blocks the
	// peer. Engine netpoll has none, so package net stands in for it.
	mute func(t *testing.T, lc transport.ListenConfig) *transport.Listener
	// raw connects as package net, to do what a Conn does not: close one half.
	raw func(t *testing.T, l *transport.Listener) net.Conn
	// dial connects as a client does.
	dial func(t *testing.T, l *transport.Listener) *transport.Conn
}

func media(t *testing.T) []medium {
	ca := newAuthority(t)
	all := []medium{
		sockets("net over TCP", transport.EngineNet, tcpAny),
		sockets("net over unix", transport.EngineNet, unixAny),
		sockets("netpoll over TCP", transport.EngineNetpoll, tcpAny),
		sockets("netpoll over unix", transport.EngineNetpoll, unixAny),
		overTLS(ca),
		overMemory(),
	}
	if runtime.GOOS == "windows" {
		return append(all[:2:2], all[4:]...)
	}
	return all
}

// forEachMedium runs f on every medium, all at once, and checks that they leave
// no goroutine behind.
func forEachMedium(t *testing.T, f func(t *testing.T, m medium)) {
	checkGoroutines(t)
	for _, m := range media(t) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			if raceEnabled && m.engine == transport.EngineNetpoll {
				calmNetpoll(t)
			}
			f(t, m)
		})
	}
}

var netpollTests sync.Mutex

// calmNetpoll has the tests of netpoll run one after the other, and waits until
// its poller is done with the connections of the one before. Built with -race,
// netpoll takes a late event of a closed connection for one of the next with the
// same descriptor, which then ends.
func calmNetpoll(t *testing.T) {
	netpollTests.Lock()
	t.Cleanup(netpollTests.Unlock)
	m := sockets("", transport.EngineNetpoll, tcpAny)
	l := serve(t, m.listen(t, transport.ListenConfig{}), echo)
	for {
		nc := m.raw(t, l)
		nc.Write([]byte("a"))
		if _, err := nc.Read(make([]byte, 1)); err == nil {
			return
		}
	}
}

func tcpAny(*testing.T) rpc.Address { return rpc.TCP("127.0.0.1:0") }
func unixAny(t *testing.T) rpc.Address {
	return rpc.Unix(filepath.Join(t.TempDir(), "s"))
}

func sockets(name string, engine transport.Engine, addr func(*testing.T) rpc.Address) medium {
	listen := func(engine transport.Engine) func(*testing.T, transport.ListenConfig) *transport.Listener {
		return func(t *testing.T, lc transport.ListenConfig) *transport.Listener {
			lc.Engine = engine
			return mustListen(t, &lc, addr(t))
		}
	}
	return medium{
		name:   name,
		engine: engine,
		listen: listen(engine),
		mute:   listen(transport.EngineNet),
		raw: func(t *testing.T, l *transport.Listener) net.Conn {
			return closeLater(t, must(net.Dial(l.Address().Dial())))
		},
		dial: func(t *testing.T, l *transport.Listener) *transport.Conn {
			d := transport.Dialer{Engine: engine, Timeout: patience}
			return closeLater(t, must(d.Dial(t.Context(), l.Address())))
		},
	}
}

func overTLS(ca *authority) medium {
	listen := func(t *testing.T, lc transport.ListenConfig) *transport.Listener {
		lc.TLS = ca.server()
		return mustListen(t, &lc, tcpAny(t))
	}
	return medium{
		name:   "net over TLS",
		engine: transport.EngineNet,
		listen: listen,
		mute:   listen,
		raw: func(t *testing.T, l *transport.Listener) net.Conn {
			_, addr := l.Address().Dial()
			return closeLater(t, must(tls.Dial("tcp", addr, ca.client())))
		},
		dial: func(t *testing.T, l *transport.Listener) *transport.Conn {
			d := transport.Dialer{TLS: ca.client(), Timeout: patience}
			return closeLater(t, must(d.Dial(t.Context(), l.Address())))
		},
	}
}

func overMemory() medium {
	listeners := make(map[*transport.Listener]*transport.MemoryListener)
	raw := func(t *testing.T, l *transport.Listener) net.Conn {
		return closeLater(t, must(listeners[l].Dial(t.Context())))
	}
	listen := func(t *testing.T, lc transport.ListenConfig) *transport.Listener {
		ml := transport.NewMemoryListener()
		if lc.Logger == nil {
			lc.Logger = slog.New(slog.DiscardHandler)
		}
		l := lc.Wrap(ml)
		listeners[l] = ml
		finishLater(t, l)
		return l
	}
	return medium{
		name:   "memory",
		engine: transport.EngineNet,
		listen: listen,
		mute:   listen,
		raw:    raw,
		dial: func(t *testing.T, l *transport.Listener) *transport.Conn {
			return closeLater(t, transport.NewConn(raw(t, l)))
		},
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func closeLater[C io.Closer](t testing.TB, c C) C {
	t.Cleanup(func() { c.Close() })
	return c
}

func mustListen(t testing.TB, lc *transport.ListenConfig, addr rpc.Address) *transport.Listener {
	t.Helper()
	if lc.Logger == nil {
		lc.Logger = slog.New(slog.DiscardHandler)
	}
	l, err := lc.Listen(context.Background(), addr)
	if err != nil {
		t.Fatalf("Listen(%v): %v", addr, err)
	}
	finishLater(t, l)
	return l
}

// finishLater ends the listener with the test, and waits until it has.
func finishLater(t testing.TB, l *transport.Listener) {
	t.Cleanup(func() {
		l.Close()
		l.CloseConns()
		l.Wait()
	})
}

// serve starts l with a handler per connection and returns it.
func serve(t testing.TB, l *transport.Listener, accept func(c *transport.Conn) transport.ConnHandler) *transport.Listener {
	done := make(chan error, 1)
	go func() { done <- l.Serve(accept) }()
	t.Cleanup(func() {
		l.Close()
		if err := <-done; !errors.Is(err, transport.ErrListenerClosed) {
			t.Errorf("Serve() = %v, want %v", err, transport.ErrListenerClosed)
		}
	})
	return l
}

// checkGoroutines fails the test if it leaves goroutines behind. Netpoll's own
// poller, which never ends, is started first.
func checkGoroutines(t *testing.T) {
	pollerOnce.Do(func() {
		m := sockets("", transport.EngineNetpoll, tcpAny)
		t.Run("start the poller", func(t *testing.T) {
			m.dial(t, serve(t, m.listen(t, transport.ListenConfig{}), echo))
		})
	})
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for deadline := time.Now().Add(patience); ; runtime.Gosched() {
			after := runtime.NumGoroutine()
			if after <= before {
				return
			}
			if time.Now().After(deadline) {
				stacks := make([]byte, 1<<20)
				t.Errorf("%d goroutines after the test, want %d\n%s", after, before, stacks[:runtime.Stack(stacks, true)])
				return
			}
		}
	})
}

var pollerOnce sync.Once

// A handler is a ConnHandler made of functions; nil ones do nothing.
type handler struct {
	data   func(in []byte) (consumed, need int, err error)
	closed func(err error)
}

func (h *handler) Data(in []byte) (consumed, need int, err error) {
	if h.data == nil {
		return len(in), 0, nil
	}
	return h.data(in)
}

func (h *handler) Closed(err error) {
	if h.closed != nil {
		h.closed(err)
	}
}

// echo answers with what it gets.
func echo(c *transport.Conn) transport.ConnHandler {
	return &handler{data: func(in []byte) (int, int, error) { return len(in), 0, c.Write(in) }}
}

// frames answers every frame, a length of four bytes and as many bytes, with
// the same frame.
func frames(c *transport.Conn) transport.ConnHandler {
	return &handler{data: func(in []byte) (consumed, need int, err error) {
		for {
			rest := in[consumed:]
			if len(rest) < 4 {
				return consumed, 4, nil
			}
			size := 4 + int(binary.BigEndian.Uint32(rest))
			if len(rest) < size {
				return consumed, size, nil
			}
			if err := c.Write(rest[:size]); err != nil {
				return consumed, 0, err
			}
			consumed += size
		}
	}}
}

// frame returns a frame of n bytes with contents that depend on seed.
func frame(n, seed int) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(n))
	for i := range n {
		b = append(b, byte(i*7+i>>8+seed))
	}
	return b
}

// soon fails the test if nothing comes from ch.
func soon[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		stacks := make([]byte, 1<<20)
		t.Fatalf("%s: nothing happened within %v\n%s", what, patience, stacks[:runtime.Stack(stacks, true)])
		panic("not reached")
	}
}
