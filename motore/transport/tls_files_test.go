package transport_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// pemFiles are the files of one side, in a folder of its own.
type pemFiles struct {
	t     *testing.T
	dir   string
	clock time.Time // of what is written; each time is later

	mu     sync.Mutex
	errors []string
}

func newPEMFiles(t *testing.T) *pemFiles {
	return &pemFiles{t: t, dir: t.TempDir(), clock: time.Now().Add(-time.Hour)}
}

func (f *pemFiles) files() transport.TLSFiles {
	return transport.TLSFiles{
		Certificate: filepath.Join(f.dir, "cert.pem"), Key: filepath.Join(f.dir, "key.pem"), Authorities: filepath.Join(f.dir, "ca.pem"),
		OnError: func(err error) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.errors = append(f.errors, err.Error())
		},
	}
}

func (f *pemFiles) write(name, text string) {
	f.clock = f.clock.Add(time.Second)
	path := filepath.Join(f.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		f.t.Fatal(err)
	}
	if err := os.Chtimes(path, f.clock, f.clock); err != nil {
		f.t.Fatal(err)
	}
}

func (f *pemFiles) issue(a *authority, name string) {
	cert := a.issue(name)
	key := must(x509.MarshalPKCS8PrivateKey(cert.PrivateKey))
	f.write("cert.pem", text("CERTIFICATE", cert.Certificate[0]))
	f.write("key.pem", text("PRIVATE KEY", key))
}

func (f *pemFiles) trust(authorities ...*authority) {
	all := ""
	for _, a := range authorities {
		all += text("CERTIFICATE", a.cert.Raw)
	}
	f.write("ca.pem", all)
}

func text(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// answered is a client that wants its bytes back.
type answered struct {
	conn *transport.Conn
	got  chan bool
}

func (a *answered) Data(in []byte) (int, int, error) { a.got <- true; return len(in), 0, nil }
func (a *answered) Closed(error)                     { a.got <- false }

func (a *answered) echo() bool {
	a.conn.Write([]byte("x"))
	return <-a.got
}

func TestCertificatesAreReadAgain(t *testing.T) {
	checkGoroutines(t)
	before, after := newAuthority(t), newAuthority(t)
	server, client := newPEMFiles(t), newPEMFiles(t)
	server.issue(before, "server 1")
	server.trust(before)
	client.issue(before, "client 1")
	client.trust(before)

	config := must(server.files().Server())
	l := mustListen(t, &transport.ListenConfig{TLS: config}, rpc.TCP("127.0.0.1:0"))
	peers := make(chan string, 100)
	go l.Serve(func(c *transport.Conn) transport.ConnHandler {
		peers <- c.TLS().PeerCertificates[0].Subject.CommonName
		return echo(c)
	})
	d := transport.Dialer{TLS: must(client.files().Client()), Timeout: patience}
	// dial returns who met whom, "" for nobody: what the server does not like,
	// the client hears of with its first read.
	dial := func() (met string, a *answered) {
		c, err := d.Dial(t.Context(), l.Address())
		if err != nil {
			return "", nil
		}
		a = &answered{conn: c, got: make(chan bool, 10)}
		served := make(chan struct{})
		go func() {
			defer close(served)
			c.Serve(a)
		}()
		t.Cleanup(func() {
			c.Close()
			<-served
		})
		if !a.echo() {
			return "", nil
		}
		return <-peers + " meets " + c.TLS().PeerCertificates[0].Subject.CommonName, a
	}
	expect := func(when, want string) *answered {
		t.Helper()
		got, a := dial()
		if got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
		return a
	}
	first := expect("at first", "client 1 meets server 1")

	server.issue(before, "server 2")
	client.issue(before, "client 2")
	expect("with new certificates", "client 2 meets server 2")

	server.issue(after, "server 3")
	expect("with a certificate of an authority that is not known", "")
	client.trust(before, after)
	expect("once it is known", "client 2 meets server 3")
	server.trust(after)
	expect("when the old one is no longer known", "")
	client.issue(after, "client 4")
	expect("with a certificate of the new one", "client 4 meets server 3")

	server.write("key.pem", "no key")
	expect("with a broken key", "client 4 meets server 3")
	expect("with a broken key, still", "client 4 meets server 3")
	if len(server.errors) != 1 || !strings.Contains(server.errors[0], "what was good last stays in use: certificate "+server.files().Certificate) {
		t.Errorf("reported: %q, want one error of the certificate", server.errors)
	}
	if err := os.Remove(server.files().Authorities); err != nil {
		t.Fatal(err)
	}
	expect("without a file", "client 4 meets server 3")
	server.trust(after)
	server.issue(after, "server 5")
	expect("when all is well again", "client 4 meets server 5")
	if len(server.errors) != 2 {
		t.Errorf("reported: %q, want two errors", server.errors)
	}
	if !first.echo() {
		t.Error("the first connection has not outlived all that")
	}
}

func TestTLSFilesMustBeGoodAtFirst(t *testing.T) {
	f := newPEMFiles(t)
	f.issue(newAuthority(t), "x")
	f.write("ca.pem", "nothing")
	for _, tt := range []struct {
		what  string
		build func() (*tls.Config, error)
		want  string
	}{
		{"a server without a certificate", transport.TLSFiles{}.Server, "a server needs a certificate"},
		{"a file that is not there", transport.TLSFiles{Certificate: filepath.Join(f.dir, "none")}.Server, "no such file"},
		{"a certificate without its key", transport.TLSFiles{Certificate: f.files().Certificate}.Client, "with key"},
		{"authorities without a certificate", f.files().Client, "no certificate in it"},
	} {
		if _, err := tt.build(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.what, err, tt.want)
		}
	}
}

// A peer that is silent does not hold up who dials for longer than the limit.
func TestAHandshakeThatIsNotAnsweredEnds(t *testing.T) {
	l := closeLater(t, must(net.Listen("tcp", "127.0.0.1:0")))
	d := transport.Dialer{TLS: newAuthority(t).client(), Timeout: 300 * time.Millisecond}
	_, err := d.Dial(t.Context(), rpc.AddressOf(l.Addr()))
	if err == nil || !strings.Contains(err.Error(), "handshake") {
		t.Errorf("got %v, want a handshake out of time", err)
	}
}
