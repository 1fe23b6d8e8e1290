package volothrift_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// certificate returns one that signs itself, for 127.0.0.1, and its pool.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, roots
}

// networks are the ways in which bytes move.
func networks(t *testing.T) map[string]struct{ server, client volothrift.Option } {
	own, roots := certificate(t)
	both := func(o volothrift.Option) struct{ server, client volothrift.Option } {
		return struct{ server, client volothrift.Option }{o, o}
	}
	all := map[string]struct{ server, client volothrift.Option }{
		"net": both(volothrift.WithEngine(transport.EngineNet)),
		"mutual TLS": {
			volothrift.WithTLS(&tls.Config{Certificates: []tls.Certificate{own}, ClientCAs: roots, ClientAuth: tls.RequireAndVerifyClientCert}),
			volothrift.WithTLS(&tls.Config{Certificates: []tls.Certificate{own}, RootCAs: roots}),
		},
	}
	for _, engine := range engines[1:] {
		all[engine.String()] = both(volothrift.WithEngine(engine))
	}
	return all
}

func TestEveryNetworkCarriesEveryOutcome(t *testing.T) {
	for name, network := range networks(t) {
		for _, p := range protocols {
			t.Run(name+", "+p.name, func(t *testing.T) {
				addr := serveTCP(t, talker, network.server)
				c := newClient(t, addr, append(p.opts, network.client)...)
				for _, tt := range outcomes {
					if err := tt.call(t.Context(), c); !tt.is(err, p.header) {
						t.Errorf("%s: got %v", tt.what, err)
					}
				}
				mustGet(t, c, strings.Repeat("large", 1<<19))
				var wg sync.WaitGroup
				for i := range 50 {
					wg.Go(func() {
						for j := range 20 {
							mustGet(t, c, strconv.Itoa(i)+"/"+strconv.Itoa(j))
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

func TestEveryNetworkTellsHandlersThatTheClientIsGone(t *testing.T) {
	for name, network := range networks(t) {
		for _, p := range protocols {
			t.Run(name+", "+p.name, func(t *testing.T) {
				started, ended := make(chan struct{}), make(chan error, 1)
				addr := serveTCP(t, handler{get: func(ctx context.Context, _ string) (string, error) {
					close(started)
					select {
					case <-ctx.Done():
					case <-time.After(time.Minute):
					}
					ended <- context.Cause(ctx)
					return "", nil
				}}, network.server)
				c := newClient(t, addr, append(p.opts, network.client)...)
				failed := make(chan error, 1)
				go func() {
					_, err := c.Get(t.Context(), "k")
					failed <- err
				}()
				<-started
				c.Close()
				if err := <-failed; err == nil {
					t.Error("the call succeeded")
				}
				if err := <-ended; err != volothrift.ErrPeerGone {
					t.Errorf("the handler's context ended with %v, want ErrPeerGone", err)
				}
			})
		}
	}
}

func TestPlainPeersOfATLSServerAreTurnedAway(t *testing.T) {
	ways := networks(t)
	addr := serveTCP(t, handler{}, ways["mutual TLS"].server)
	for _, p := range protocols {
		c := newClient(t, addr, append(p.opts, volothrift.WithTimeout(5*time.Second))...)
		if v, err := c.Get(t.Context(), "k"); err == nil {
			t.Errorf("%s: got %q in the clear", p.name, v)
		}
		c = newClient(t, addr, append(p.opts, volothrift.WithTLS(&tls.Config{}))...)
		_, err := c.Get(t.Context(), "k")
		if e := asError(t, err); e.Phase != volothrift.PhaseDial || !e.Unsent || !contains(err, "certificate") {
			t.Errorf("%s: an unknown certificate gave %v; want a dial error that says so", p.name, err)
		}
	}
	mustGet(t, newClient(t, addr, ways["mutual TLS"].client), "k")
}
