package interop_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	apache "github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/interop/apachetest"
	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	"github.com/volo-go/volo/integration/interop/gen/thrifttest/thrifttestthrift"
	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A medium is what a connection runs over.
type medium struct {
	name           string
	network        string
	server, client *tls.Config // nil without TLS
}

// media returns those that Apache's own cross tests have, beside plain TCP.
func media() []medium {
	// The certificate of package httptest is good for 127.0.0.1.
	web := httptest.NewTLSServer(nil)
	web.Close()
	authority := x509.NewCertPool()
	authority.AddCert(web.Certificate())
	server := &tls.Config{Certificates: web.TLS.Certificates}
	client := &tls.Config{RootCAs: authority, ServerName: "127.0.0.1"}
	return []medium{
		{"TLS", "tcp", server, client},
		{"unix socket", "unix", nil, nil},
		{"unix socket with TLS", "unix", server, client},
	}
}

func (m medium) listen(t *testing.T) net.Listener {
	t.Helper()
	address := "127.0.0.1:0"
	if m.network == "unix" {
		dir, err := os.MkdirTemp("", "") // t.TempDir is too long for a socket
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		address = filepath.Join(dir, "socket")
	}
	l, err := net.Listen(m.network, address)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestApachesClientCallsOurServerOver(t *testing.T) {
	for _, m := range media() {
		for _, tt := range framings {
			t.Run(m.name+", "+tt.name, func(t *testing.T) {
				l := m.listen(t)
				startOn(t, l, []volothrift.ServerOption{volothrift.WithTLS(m.server)}, thrifttestthrift.NewThriftTestService(new(handler)))
				var socket apache.TTransport = apache.NewTSocketFromAddrConf(l.Addr(), nil)
				if m.client != nil {
					socket = apache.NewTSSLSocketFromAddrConf(l.Addr(), &apache.TConfiguration{TLSConfig: m.client})
				}
				c, done, err := apachetest.DialOver(socket, tt.framed)
				if err != nil {
					t.Fatal(err)
				}
				defer done()
				apachetest.Check(t, theirs.NewThriftTestClient(c))
			})
		}
	}
}

func TestOurClientCallsApachesServerOver(t *testing.T) {
	for _, m := range media() {
		for _, tt := range framings {
			t.Run(m.name+", "+tt.name, func(t *testing.T) {
				l := m.listen(t)
				stop, err := apachetest.StartOn(l, m.server, new(apachetest.Handler), tt.framed)
				if err != nil {
					t.Fatal(err)
				}
				defer stop()
				client := newClient(t, rpc.AddressOf(l.Addr()).String(), volothrift.WithProtocol(tt.protocol), volothrift.WithTLS(m.client))
				apachetest.Check(t, view{client})
			})
		}
	}
}
