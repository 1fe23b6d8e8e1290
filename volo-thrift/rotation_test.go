package volothrift_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
)

// pems are the files of one side, which change.
type pems struct {
	transport.TLSFiles
	clock time.Time // of what is written; each time is later
}

func newPEMs(t *testing.T) *pems {
	dir := t.TempDir()
	return &pems{
		TLSFiles: transport.TLSFiles{
			Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), Authorities: filepath.Join(dir, "ca.pem"),
			OnError: func(err error) { t.Error(err) },
		},
		clock: time.Now().Add(-time.Hour),
	}
}

// be makes own the certificate.
func (p *pems) be(t *testing.T, own tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	p.write(t, p.Key, &pem.Block{Type: "PRIVATE KEY", Bytes: key})
	p.write(t, p.Certificate, &pem.Block{Type: "CERTIFICATE", Bytes: own.Certificate[0]})
}

// trust makes certificates that sign themselves the authorities.
func (p *pems) trust(t *testing.T, all ...tls.Certificate) {
	t.Helper()
	var blocks []*pem.Block
	for _, c := range all {
		blocks = append(blocks, &pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]})
	}
	p.write(t, p.Authorities, blocks...)
}

func (p *pems) write(t *testing.T, path string, blocks ...*pem.Block) {
	t.Helper()
	var text []byte
	for _, b := range blocks {
		text = append(text, pem.EncodeToMemory(b)...)
	}
	p.clock = p.clock.Add(time.Second)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, p.clock, p.clock); err != nil {
		t.Fatal(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Both sides go from one certificate to another while they run: no call fails,
// and in the end the old one is worth nothing.
func TestCertificatesRotate(t *testing.T) {
	old, _ := certificate(t)
	next, _ := certificate(t)
	ours, theirs := newPEMs(t), newPEMs(t)
	for _, p := range []*pems{ours, theirs} {
		p.be(t, old)
		p.trust(t, old)
	}
	clients, servers := new(witness), new(witness)
	server := watched(must(theirs.Server()), clients)
	address := serveTCP(t, handler{}, volothrift.WithTLS(server))
	fresh := func(p *pems) *storethrift.StoreClient {
		return newClient(t, address, volothrift.WithTLS(watched(must(p.Client()), servers)))
	}
	call := func(what string, client, server tls.Certificate) {
		t.Helper()
		mustGet(t, fresh(ours), what)
		if !bytes.Equal(clients.take(), client.Certificate[0]) {
			t.Errorf("%s: the server saw another certificate", what)
		}
		if !bytes.Equal(servers.take(), server.Certificate[0]) {
			t.Errorf("%s: the client saw another certificate", what)
		}
	}
	kept := fresh(ours)
	mustGet(t, kept, "at first")
	clients.take()
	servers.take()

	ours.trust(t, old, next)
	theirs.trust(t, old, next)
	call("when both trust both", old, old)
	theirs.be(t, next)
	call("when the server has changed", old, next)
	ours.be(t, next)
	call("when the client has, too", next, next)
	ours.trust(t, next)
	theirs.trust(t, next)
	call("in the end", next, next)
	mustGet(t, kept, "over the connection of the beginning")
	if clients.take() != nil {
		t.Error("the first client has made another connection")
	}

	late := newPEMs(t)
	late.be(t, old)
	late.trust(t, next)
	if _, err := fresh(late).Get(t.Context(), "x"); err == nil {
		t.Error("a client with the old certificate is served")
	}
}

// A witness keeps the certificate of the peer that was verified last.
type witness struct {
	mu   sync.Mutex
	last []byte
}

func (w *witness) saw(certificate []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = certificate
}

// take returns what was seen since the last take, nil if nothing was.
func (w *witness) take() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.last
	w.last = nil
	return last
}

// watched has w see the certificates of peers that are good.
func watched(config *tls.Config, w *witness) *tls.Config {
	verify := config.VerifyConnection
	config.VerifyConnection = func(s tls.ConnectionState) error {
		err := verify(s)
		if err == nil {
			w.saw(s.PeerCertificates[0].Raw)
		}
		return err
	}
	return config
}
