package vologrpc_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// closedPort is an address at which nobody listens.
func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestDiscoveryBalancesAndFailsOver(t *testing.T) {
	var calls [2]atomic.Int32
	count := func(i int) notes {
		return notes{get: func(_ context.Context, in *note) (*note, error) { calls[i].Add(1); return in, nil }}
	}
	a, b := serve(t, count(0)), serve(t, count(1))
	var attempts atomic.Int32
	c := dial(t, "notes", vologrpc.WithDiscoverer(discovery.Static(rpc.TCP(a), rpc.TCP(closedPort(t)), rpc.TCP(b))),
		vologrpc.WithBalancer(loadbalance.RoundRobin()),
		vologrpc.WithInner(func(next vologrpc.Handler) vologrpc.Handler {
			return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
				attempts.Add(1)
				return next.Call(ctx, req)
			})
		}))
	for i := range 30 {
		if _, err := c.get(soon(t), "x"); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
	}
	if calls[0].Load() < 10 || calls[1].Load() < 10 {
		t.Errorf("got %d and %d calls, want at least 10 each", calls[0].Load(), calls[1].Load())
	}
	if attempts.Load() <= 30 {
		t.Errorf("got %d attempts for 30 calls, want more: one instance is down", attempts.Load())
	}
}

func TestNobodyThere(t *testing.T) {
	at := closedPort(t)
	tests := []struct {
		what  string
		c     notesClient
		phase vologrpc.Phase
	}{
		{"at a fixed address", dial(t, at), vologrpc.PhaseDial},
		{"at any instance", dial(t, "notes", vologrpc.WithDiscoverer(discovery.Static(rpc.TCP(at), rpc.TCP(closedPort(t))))), vologrpc.PhaseDial},
		{"no instances", dial(t, "notes", vologrpc.WithDiscoverer(discovery.Static())), vologrpc.PhasePick},
	}
	for _, tt := range tests {
		for range 2 { // the second within the back-off
			_, err := tt.c.get(soon(t), "x")
			var e *vologrpc.Error
			if !errors.As(err, &e) || e.Code != vologrpc.Unavailable || e.Phase != tt.phase || !e.Unsent {
				t.Errorf("%s: got %v, want UNAVAILABLE while %v, unsent", tt.what, err, tt.phase)
			}
		}
	}
}

// TestBackoff dials a server that comes up after ten seconds. What accepts
// connections until then is no server.
func TestBackoff(t *testing.T) {
	t.Run("refused", func(t *testing.T) {
		backsOff(t, func() (net.Conn, error) { return nil, errors.New("not yet") })
	})
	t.Run("accepted and closed", func(t *testing.T) {
		backsOff(t, func() (net.Conn, error) {
			ours, theirs := net.Pipe()
			theirs.Close()
			return ours, nil
		})
	})
}

func backsOff(t *testing.T, early func() (net.Conn, error)) {
	synctest.Test(t, func(t *testing.T) {
		l := transport.NewMemoryListener()
		startOn(t, l, echo)
		begun := time.Now()
		var dials []time.Duration
		c := dial(t, "memory.invalid:1", vologrpc.WithDialer(func(ctx context.Context, _ rpc.Address) (*transport.Conn, error) {
			dials = append(dials, time.Since(begun))
			nc, err := early()
			if time.Since(begun) >= 10*time.Second {
				nc, err = l.Dial(ctx)
			}
			if err != nil {
				return nil, err
			}
			return transport.NewConn(nc), nil
		}))
		if _, err := c.get(context.Background(), "x"); vologrpc.CodeOf(err) != vologrpc.Unavailable {
			t.Errorf("a call that does not wait: got %v, want UNAVAILABLE", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		patient := c.with(vologrpc.CallWaitForReady())
		if _, err := patient.get(ctx, "x"); vologrpc.CodeOf(err) != vologrpc.DeadlineExceeded || time.Since(begun) != 5*time.Second {
			t.Errorf("a call that waits too short: got %v after %v, want DEADLINE_EXCEEDED after 5s", err, time.Since(begun))
		}
		if got, err := patient.get(context.Background(), "x"); got != "x" || err != nil {
			t.Errorf("a call that waits: got %q and %v", got, err)
		}
		// 0, 1, 1+1.6, 1+1.6+2.56, … each ±20 %.
		for i, pause := range []float64{1, 1.6, 2.56, 4.096} {
			got := (dials[i+1] - dials[i]).Seconds()
			if got < 0.8*pause-0.001 || got > 1.2*pause+0.001 {
				t.Errorf("pause %d is %vs, want %vs ± 20%%", i, got, pause)
			}
		}
	})
}

// certificate makes one for "notes.test" and 127.0.0.1, that signs itself.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{"notes.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLS(t *testing.T) {
	cert, pool := certificate(t)
	var peers []int
	h := notes{get: func(ctx context.Context, in *note) (*note, error) {
		peers = append(peers, len(vologrpc.TLS(ctx).PeerCertificates))
		return of(vologrpc.MetadataFrom(ctx).Get("authorization")), nil
	}}
	server := vologrpc.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}})
	mutual := vologrpc.WithTLS(&tls.Config{Certificates: []tls.Certificate{cert}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert})
	token := vologrpc.WithCredentials(vologrpc.CredentialsFunc(func(context.Context, *vologrpc.Request) (vologrpc.Metadata, error) {
		return vologrpc.MetadataOf("authorization", "Bearer 1"), nil
	}))
	trusting := &tls.Config{RootCAs: pool}

	c := dial(t, serve(t, h, server), vologrpc.WithTLS(trusting), token)
	if got, err := c.get(soon(t), ""); err != nil || got != "Bearer 1" {
		t.Errorf("TLS: got %q and %v", got, err)
	}
	c = dial(t, serve(t, h, mutual), vologrpc.WithTLS(&tls.Config{RootCAs: pool, Certificates: []tls.Certificate{cert}}))
	if _, err := c.get(soon(t), ""); err != nil {
		t.Errorf("mutual TLS: got %v", err)
	}
	if len(peers) != 2 || peers[0] != 0 || peers[1] != 1 {
		t.Errorf("the handlers saw %v client certificates, want 0 and 1", peers)
	}
	for _, tt := range []struct {
		what string
		c    notesClient
		want vologrpc.Code
	}{
		{"a client without the certificate that is asked for", dial(t, serve(t, h, mutual), vologrpc.WithTLS(trusting)), vologrpc.Unavailable},
		{"a server that nobody has signed", dial(t, serve(t, h, server), vologrpc.WithTLS(&tls.Config{})), vologrpc.Unavailable},
		{"a server without TLS", dial(t, serve(t, h), vologrpc.WithTLS(trusting)), vologrpc.Unavailable},
		{"a client without TLS", dial(t, serve(t, h, server)), vologrpc.Unavailable},
		{"credentials over a connection without TLS", dial(t, serve(t, h), token), vologrpc.Unauthenticated},
	} {
		if _, err := tt.c.get(soon(t), ""); vologrpc.CodeOf(err) != tt.want {
			t.Errorf("%s: got %v, want %v", tt.what, err, tt.want)
		}
	}
}

func TestATLSServerThatDoesNotSpeakHTTP2(t *testing.T) {
	cert, pool := certificate(t)
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			nc.(*tls.Conn).Handshake()
			nc.Close()
		}
	}()
	_, err = dial(t, l.Addr().String(), vologrpc.WithTLS(&tls.Config{RootCAs: pool})).get(soon(t), "")
	if vologrpc.CodeOf(err) != vologrpc.Unavailable {
		t.Errorf("got %v, want UNAVAILABLE", err)
	}
}

// TestAServerThatGoes restarts a server under a client that does not stop
// calling.
func TestAServerThatGoes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	first := startOn(t, l, echo)
	c := dial(t, address)
	stop := make(chan struct{})
	failed := make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				close(failed)
				return
			default:
			}
			if _, err := c.with(vologrpc.CallWaitForReady()).get(context.Background(), "x"); err != nil {
				failed <- err
				return
			}
		}
	}()
	for range 3 {
		if _, err := c.get(soon(t), "x"); err != nil {
			t.Fatal(err)
		}
		if err := first.Shutdown(soon(t)); err != nil {
			t.Fatalf("shutdown: %v", err)
		}
		if l, err = net.Listen("tcp", address); err != nil {
			t.Skip(err)
		}
		first = startOn(t, l, echo)
		if _, err := c.with(vologrpc.CallWaitForReady()).get(soon(t), "x"); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-failed; err != nil {
		t.Errorf("a call failed: %v", err)
	}
}

func TestShutdownLetsCallsFinish(t *testing.T) {
	entered, goOn := make(chan struct{}), make(chan struct{})
	s, address := start(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
		close(entered)
		<-goOn
		return in, ctx.Err()
	}})
	c := dial(t, address)
	done := make(chan error)
	go func() {
		_, err := c.get(context.Background(), "x")
		done <- err
	}()
	<-entered
	down := make(chan error)
	go func() { down <- s.Shutdown(soon(t)) }()
	select {
	case err := <-down:
		t.Errorf("Shutdown did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	close(goOn)
	if err := <-done; err != nil {
		t.Errorf("the call that ran: %v", err)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if _, err := c.get(soon(t), "x"); vologrpc.CodeOf(err) != vologrpc.Unavailable {
		t.Errorf("a call after it: got %v, want UNAVAILABLE", err)
	}
}

func TestCallsOfAClosedClient(t *testing.T) {
	ended := make(chan error, 1)
	c := dial(t, serve(t, waiting(ended)))
	failed := make(chan error)
	s := c.open(t)
	go func() {
		_, err := s.Recv()
		failed <- err
	}()
	c.Close()
	if err := <-failed; vologrpc.CodeOf(err) != vologrpc.Canceled {
		t.Errorf("a call in flight: got %v, want CANCELLED", err)
	}
	if cause := <-ended; cause != vologrpc.ErrPeerGone {
		t.Errorf("its handler's context ended by %v, want ErrPeerGone", cause)
	}
	if _, err := c.get(soon(t), ""); vologrpc.CodeOf(err) != vologrpc.Canceled {
		t.Errorf("a new call: got %v, want CANCELLED", err)
	}
}
