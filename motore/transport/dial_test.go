package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

func TestDialErrors(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	gone := must(net.Listen("tcp", "127.0.0.1:0"))
	gone.Close()
	// A server that accepts and says nothing.
	silent := closeLater(t, must(net.Listen("tcp", "127.0.0.1:0")))
	secure := serve(t, mustListen(t, &transport.ListenConfig{TLS: ca.server()}, tcpAny(t)), echo)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct {
		name string
		d    transport.Dialer
		ctx  context.Context
		addr rpc.Address
		op   string
		want func(error) bool
	}{
		{"nobody listens on the port", transport.Dialer{}, t.Context(), rpc.AddressOf(gone.Addr()), "dial", is(syscall.ECONNREFUSED)},
		{"there is no such socket", transport.Dialer{}, t.Context(), rpc.Unix(filepath.Join(t.TempDir(), "s")), "dial", is(os.ErrNotExist)},
		{"there is no address", transport.Dialer{}, t.Context(), rpc.Address{}, "dial", anything},
		{"the context is cancelled", transport.Dialer{}, cancelled, rpc.AddressOf(silent.Addr()), "dial", is(context.Canceled)},
		{"the server does not answer the handshake", transport.Dialer{TLS: ca.client(), Timeout: 300 * time.Millisecond}, t.Context(), rpc.AddressOf(silent.Addr()), "handshake", timeout},
		{"the authority is unknown", transport.Dialer{TLS: other.client()}, t.Context(), secure.Address(), "handshake", anything},
		{"the name is wrong", transport.Dialer{TLS: &tls.Config{RootCAs: ca.pool, ServerName: "example.com"}}, t.Context(), secure.Address(), "handshake", anything},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := test.d.Dial(test.ctx, test.addr)
			var op *transport.OpError
			if c != nil || !errors.As(err, &op) {
				t.Fatalf("Dial() = %v, %v; want an *OpError", c, err)
			}
			if op.Op != test.op || op.Sent || op.Addr != test.addr {
				t.Errorf("Op %q, Sent %v, Addr %v; want %q, false, %v", op.Op, op.Sent, op.Addr, test.op, test.addr)
			}
			if !test.want(err) {
				t.Errorf("Dial() = %v", err)
			}
		})
	}
}

func is(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
func anything(err error) bool          { return err != nil }
func timeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func TestDialTimeout(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("how a full queue behaves is Linux's")
	}
	for _, test := range []struct {
		name string
		addr func(*testing.T) rpc.Address
	}{{"TCP", tcpAny}, {"unix", unixAny}} {
		for _, engine := range []transport.Engine{transport.EngineNet, transport.EngineNetpoll} {
			t.Run(test.name+" "+engine.String(), func(t *testing.T) {
				// Nobody accepts, and the queue is soon full.
				l := mustListen(t, &transport.ListenConfig{Backlog: 1}, test.addr(t))
				d := transport.Dialer{Engine: engine, Timeout: 50 * time.Millisecond}
				for range 5 {
					start := time.Now()
					c, err := d.Dial(t.Context(), l.Address())
					if err == nil {
						closeLater(t, c)
						continue
					}
					var op *transport.OpError
					if !errors.As(err, &op) || op.Op != transport.OpDial || !op.Timeout() {
						t.Errorf("Dial() = %v, want a time-out of the dial", err)
					}
					if took := time.Since(start); took < d.Timeout {
						t.Errorf("it took %v, want at least %v", took, d.Timeout)
					}
					return
				}
				t.Error("the queue never filled")
			})
		}
	}
}

func TestDialHonoursTheContextWhileItWaits(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("how a full queue behaves is Linux's")
	}
	l := mustListen(t, &transport.ListenConfig{Backlog: 1}, tcpAny(t))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	for {
		c, err := new(transport.Dialer).Dial(ctx, l.Address())
		if err == nil {
			closeLater(t, c)
			continue
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Dial() = %v, want %v", err, context.Canceled)
		}
		return
	}
}

func TestMutualTLS(t *testing.T) {
	checkGoroutines(t)
	ca, other := newAuthority(t), newAuthority(t)
	config := ca.server()
	config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, ca.pool
	names := make(chan string, 1)
	l := serve(t, mustListen(t, &transport.ListenConfig{TLS: config}, tcpAny(t)), func(c *transport.Conn) transport.ConnHandler {
		names <- c.TLS().PeerCertificates[0].Subject.CommonName
		return echo(c)
	})
	for _, test := range []struct {
		name string
		with []tls.Certificate
		ok   bool
	}{
		{"a client that the authority knows", []tls.Certificate{ca.issue("alice")}, true},
		{"a client of another authority", []tls.Certificate{other.issue("mallory")}, false},
		{"a client without a certificate", nil, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			client := ca.client()
			client.Certificates = test.with
			c, err := (&transport.Dialer{TLS: client}).Dial(t.Context(), l.Address())
			if err == nil {
				defer c.Close()
				// With TLS 1.3 a client learns only now that it was refused.
				_, err = c.Exchange([]byte("x"), make([]byte, 1))
			}
			if got := err == nil; got != test.ok {
				t.Errorf("served: %v (%v), want %v", got, err, test.ok)
			}
			if test.ok {
				if got := soon(t, names, "accept"); got != "alice" {
					t.Errorf("the server sees %q, want %q", got, "alice")
				}
			}
		})
	}
}

func TestASilentClientDoesNotHoldUpOthers(t *testing.T) {
	checkGoroutines(t)
	ca := newAuthority(t)
	l := serve(t, mustListen(t, &transport.ListenConfig{TLS: ca.server(), HandshakeTimeout: time.Second}, tcpAny(t)), echo)
	silent := closeLater(t, must(net.Dial(l.Address().Dial())))
	c := closeLater(t, must((&transport.Dialer{TLS: ca.client()}).Dial(t.Context(), l.Address())))
	if _, err := c.Exchange([]byte("x"), make([]byte, 1)); err != nil {
		t.Error(err)
	}
	silent.SetReadDeadline(time.Now().Add(patience))
	if _, err := silent.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the silent client reads %v, want %v after the handshake's time-out", err, io.EOF)
	}
}

func TestCloseConnsEndsHandshakes(t *testing.T) {
	checkGoroutines(t)
	ca := newAuthority(t)
	l := serve(t, mustListen(t, &transport.ListenConfig{TLS: ca.server()}, tcpAny(t)), echo)
	nc := closeLater(t, must(net.Dial(l.Address().Dial())))
	for l.Conns() == 0 {
		runtime.Gosched()
	}
	l.Close()
	l.CloseConns()
	l.Wait()
	if _, err := nc.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is open")
	}
}

// rawTLS is the raw of overTLS for a server that may turn us away: nil if the
// handshake fails.
func rawTLS(t *testing.T, l *transport.Listener) net.Conn {
	_, addr := l.Address().Dial()
	nc, err := tls.Dial("tcp", addr, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return nil
	}
	return closeLater(t, nc)
}

func TestPreferredEngineThatCannotGivesWayToNet(t *testing.T) {
	ca := newAuthority(t)
	l := serve(t, mustListen(t, &transport.ListenConfig{TLS: ca.server(), Engine: transport.EngineNetpoll}, tcpAny(t)), echo)
	d := transport.Dialer{TLS: ca.client(), Engine: transport.EngineNetpoll}
	c := closeLater(t, must(d.Dial(t.Context(), l.Address())))
	if got := c.Engine(); got != transport.EngineNet {
		t.Errorf("Engine() = %v, want %v", got, transport.EngineNet)
	}
	if _, err := c.Exchange([]byte("x"), make([]byte, 1)); err != nil {
		t.Error(err)
	}
}
