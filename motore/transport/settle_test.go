//go:build linux

package transport_test

import (
	"context"
	"io"
	"net"
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
