package vologrpc_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
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
	peer := make(chan []byte, 1)
	address := serve(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
		peer <- vologrpc.TLS(ctx).PeerCertificates[0].Raw
		return in, nil
	}}, vologrpc.WithTLS(must(theirs.Server())))

	kept := dial(t, address, vologrpc.WithTLS(must(ours.Client())))
	call := func(what string, c notesClient, want tls.Certificate) {
		t.Helper()
		if _, err := c.get(soon(t), "x"); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got := <-peer; !bytes.Equal(got, want.Certificate[0]) {
			t.Errorf("%s: the handler saw another certificate", what)
		}
		if server := c.Connections()[0].TLS.PeerCertificates[0]; what == "in the end" && !bytes.Equal(server.Raw, next.Certificate[0]) {
			t.Errorf("%s: the client saw the old certificate", what)
		}
	}
	fresh := func(p *pems) notesClient { return dial(t, address, vologrpc.WithTLS(must(p.Client()))) }
	call("at first", kept, old)
	connection := kept.Connections()[0].ID

	ours.trust(t, old, next)
	theirs.trust(t, old, next)
	call("when both trust both", fresh(ours), old)
	theirs.be(t, next)
	call("when the server has changed", fresh(ours), old)
	ours.be(t, next)
	call("when the client has, too", fresh(ours), next)
	ours.trust(t, next)
	theirs.trust(t, next)
	call("in the end", fresh(ours), next)
	call("over the connection of the beginning", kept, old)
	if got := kept.Connections()[0].ID; got != connection {
		t.Errorf("the first client is on connection %d, want %d still", got, connection)
	}

	late := newPEMs(t)
	late.be(t, old)
	late.trust(t, next)
	if _, err := fresh(late).get(soon(t), "x"); vologrpc.CodeOf(err) != vologrpc.Unavailable {
		t.Errorf("with the old certificate: got %v, want UNAVAILABLE", err)
	}
}
