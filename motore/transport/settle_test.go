//go:build linux

package transport_test

import (
	"context"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// A peer whose connection has got no further than the kernel believes that it
// is connected, and has sent its request: closing the listener would reset it.
func TestSettleServesWhoeverIsConnected(t *testing.T) {
	listen := func(t *testing.T, network, addr string) net.Listener {
		nl, err := net.Listen(network, addr)
		if err != nil {
			t.Fatal(err)
		}
		return nl
	}
	for _, test := range []struct {
		name string
		nl   func(t *testing.T) (accept, dial net.Listener)
	}{
		{"TCP", func(t *testing.T) (_, _ net.Listener) {
			nl := listen(t, "tcp", "127.0.0.1:0")
			return nl, nl
		}},
		{"a unix socket", func(t *testing.T) (_, _ net.Listener) {
			nl := listen(t, "unix", t.TempDir()+"/s")
			return nl, nl
		}},
		{"a shared port", func(t *testing.T) (_, _ net.Listener) {
			nl := listen(t, "tcp", "127.0.0.1:0")
			return transport.Split(nl, transport.SplitConfig{}, transport.Anything)[0], nl
		}},
		{"a socket that can be handed on", func(t *testing.T) (_, _ net.Listener) {
			nl, err := must(transport.NewRestarter(transport.RestartConfig{})).Listen(t.Context(), rpc.TCP("127.0.0.1:0"))
			if err != nil {
				t.Fatal(err)
			}
			return nl, nl
		}},
	} {
		for _, engine := range []transport.Engine{transport.EngineNet, transport.EngineNetpoll} {
			t.Run(test.name+", "+engine.String(), func(t *testing.T) {
				checkGoroutines(t)
				nl, dial := test.nl(t)
				lc := transport.ListenConfig{Engine: engine}
				l := lc.Wrap(nl)
				first, busy := make(chan struct{}), make(chan struct{})
				served := make(chan error, 1)
				go func() {
					n := 0
					served <- l.Serve(func(c *transport.Conn) transport.ConnHandler {
						if n++; n == 1 {
							close(first)
							<-busy
						}
						return echo(c)
					})
				}()
				var peers []net.Conn
				call := func() {
					nc, err := net.Dial(dial.Addr().Network(), dial.Addr().String())
					if err != nil {
						t.Fatal(err)
					}
					t.Cleanup(func() { nc.Close() })
					if _, err := io.WriteString(nc, "x"); err != nil {
						t.Fatal(err)
					}
					peers = append(peers, nc)
				}
				call()
				soon(t, first, "the first connection")
				for range 20 {
					call()
				}
				ended := make(chan error, 1)
				go func() { ended <- l.Settle(context.Background()) }()
				time.Sleep(20 * time.Millisecond) // Settle begins before they are accepted, or the test shows less
				close(busy)
				if err := soon(t, ended, "Settle"); err != nil {
					t.Errorf("Settle returned %v", err)
				}
				if err := <-served; err != transport.ErrListenerClosed {
					t.Errorf("Serve returned %v", err)
				}
				if nc, err := net.Dial(dial.Addr().Network(), dial.Addr().String()); err == nil {
					nc.Close()
					t.Error("it is still open")
				}
				for i, nc := range peers {
					nc.SetDeadline(time.Now().Add(patience))
					if _, err := io.ReadFull(nc, make([]byte, 1)); err != nil {
						t.Errorf("connection %d: %v", i, err)
					}
					nc.Close()
				}
				l.Wait()
			})
		}
	}
}

// A gate is a listener with the methods of the one that it embeds, whose Accept
// counts, and waits once until somebody ends it. Its Close must not be called
// twice.
type gate struct {
	*net.TCPListener
	t      *testing.T
	passed atomic.Int32
	ending chan struct{}
	ends   func()
	closed atomic.Bool
}

func (g *gate) Accept() (net.Conn, error) {
	if g.passed.Load() > 0 {
		<-g.ending
	}
	nc, err := g.TCPListener.Accept()
	if err == nil {
		g.passed.Add(1)
	}
	return nc, err
}

func (g *gate) SetDeadline(at time.Time) error {
	defer g.ends()
	return g.TCPListener.SetDeadline(at)
}

func (g *gate) Close() error {
	defer g.ends()
	if g.closed.Swap(true) {
		g.t.Error("it was closed twice")
	}
	return g.TCPListener.Close()
}

// What a listener does in Accept, such as TLS, is done with every connection.
func TestNobodyGetsPastAcceptOfAListener(t *testing.T) {
	for _, shared := range []bool{false, true} {
		checkGoroutines(t)
		g := &gate{TCPListener: must(net.Listen("tcp", "127.0.0.1:0")).(*net.TCPListener), t: t, ending: make(chan struct{})}
		g.ends = sync.OnceFunc(func() { close(g.ending) })
		var nl net.Listener = g
		if shared {
			nl = transport.Split(g, transport.SplitConfig{}, transport.Anything)[0]
		}
		var lc transport.ListenConfig
		l := lc.Wrap(nl)
		var served atomic.Int32
		first, ended := make(chan struct{}), make(chan error, 1)
		go func() {
			ended <- l.Serve(func(c *transport.Conn) transport.ConnHandler {
				if served.Add(1) == 1 {
					close(first)
				}
				return echo(c)
			})
		}()
		for range 5 {
			nc := closeLater(t, must(net.Dial("tcp", g.Addr().String())))
			must(io.WriteString(nc, "x"))
			soon(t, first, "the first connection")
		}
		if err := l.Settle(context.Background()); err != nil {
			t.Errorf("Settle returned %v", err)
		}
		if err := soon(t, ended, "Serve"); err != transport.ErrListenerClosed {
			t.Errorf("Serve returned %v", err)
		}
		if got, want := served.Load(), g.passed.Load(); got != want {
			t.Errorf("%d connections were served, want the %d that Accept has returned", got, want)
		}
		l.CloseConns()
		l.Wait()
	}
}

// An interrupted is a listener that somebody stops, for another process to
// accept, at the very moment at which its server stops accepting.
type interrupted struct {
	*net.TCPListener
	accepting chan struct{}
	stop      func()
}

func (l *interrupted) Accept() (net.Conn, error) {
	select {
	case l.accepting <- struct{}{}:
	default:
	}
	return l.TCPListener.Accept()
}

func (l *interrupted) SetDeadline(at time.Time) error {
	if stop := l.stop; stop != nil {
		l.stop = nil
		stop()
	}
	return l.TCPListener.SetDeadline(at)
}

func TestAServerThatSettlesWhileAnotherProcessTakesOver(t *testing.T) {
	for _, shared := range []bool{false, true} {
		checkGoroutines(t)
		inner := &interrupted{TCPListener: must(net.Listen("tcp", "127.0.0.1:0")).(*net.TCPListener), accepting: make(chan struct{}, 1)}
		var nl net.Listener
		nl, inner.stop = transport.Handed(inner, must(transport.NewRestarter(transport.RestartConfig{})))
		if shared {
			nl = transport.Split(nl, transport.SplitConfig{}, transport.Anything)[0]
		}
		var lc transport.ListenConfig
		l := lc.Wrap(nl)
		served, settled := make(chan error, 1), make(chan error, 1)
		go func() {
			served <- l.Serve(func(c *transport.Conn) transport.ConnHandler { return echo(c) })
		}()
		soon(t, inner.accepting, "Accept")
		go func() { settled <- l.Settle(context.Background()) }()
		if err := soon(t, settled, "Settle"); err != nil {
			t.Errorf("Settle returned %v", err)
		}
		if err := soon(t, served, "Serve"); err != transport.ErrListenerClosed {
			t.Errorf("Serve returned %v", err)
		}
		l.Wait()
	}
}
