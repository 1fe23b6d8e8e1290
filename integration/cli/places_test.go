package cli_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/reflection"

	"github.com/volo-go/volo/integration/interop/apachetest"
)

// certificate writes a certificate for localhost, which is its own authority,
// and its key, and returns their files and a configuration for a server that
// asks its clients for the same.
func certificate(t *testing.T) (cert, key string, config *tls.Config) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	pair, err := tls.X509KeyPair(certText, keyText)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certText)
	return file(t, "cert.pem", string(certText)), file(t, "key.pem", string(keyText)),
		&tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTLS(t *testing.T) {
	cert, key, config := certificate(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop, err := apachetest.StartOn(l, config, new(apachetest.Handler), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	thrift := []string{"--idl", "../interop/apachetest/ThriftTest.thrift", l.Addr().String(), "testVoid"}

	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(config)))
	testgrpc.RegisterTestServiceServer(server, interop.NewTestServer())
	reflection.RegisterV1(server)
	if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() { server.Stop(); <-served })
	for name, rest := range map[string][]string{"Thrift": thrift, "gRPC": {l.Addr().String(), "TestService/EmptyCall"}} {
		mutual := []string{"--tls-cert", cert, "--tls-key", key, "--tls-server-name", "localhost"}
		run(t, "", []typed{
			{says: name + " with an authority", args: join("call", mutual, "--tls-ca", cert, rest), stdout: map[string]string{"Thrift": "null", "gRPC": "{}"}[name]},
			{says: name + " without one", args: join("call", mutual, rest), code: 6, stderr: "certificate signed by unknown authority"},
			{says: name + " trusting anybody", args: join("call", mutual, "--tls-insecure", rest), stdout: map[string]string{"Thrift": "null", "gRPC": "{}"}[name]},
			{says: name + " expecting somebody else", args: join("call", mutual, "--tls-ca", cert, "--tls-server-name", "example.com", rest), code: 6, stderr: "example.com"},
			{says: name + " without a certificate", args: join("call", "--tls-insecure", rest), code: 6, stderr: "volo call: "},
			{says: name + " without TLS", args: join("call", rest), code: 6, stderr: "the server speaks TLS on that port: add --tls\n"},
		})
	}
}

// join returns strings, and those of slices, as one slice.
func join(parts ...any) (all []string) {
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			all = append(all, p)
		case []string:
			all = append(all, p...)
		}
	}
	return all
}

func TestAServiceInAFileOfInstances(t *testing.T) {
	addr := shop(t, "tcp", "127.0.0.1:0")
	instances := file(t, "instances.json", fmt.Sprintf(`{"shop": [{"address": %q}], "empty": []}`, addr))
	run(t, addr, []typed{
		{says: "an instance", args: []string{"call", "--idl", "testdata/shop.thrift", "file:" + instances + "#shop", "Put"}, stdout: "null"},
		{says: "no instance", args: []string{"call", "--idl", "testdata/shop.thrift", "--protocol", "framed", "file:" + instances + "#empty", "Put"},
			code: 6, stderr: "empty"},
		{says: "a name in DNS", args: []string{"call", "--idl", "testdata/shop.thrift", "dns:///" + addr, "Put"}, stdout: "null"},
	})
}

func TestShellsCompleteMethods(t *testing.T) {
	addr := shop(t, "tcp", "127.0.0.1:0")
	got := volo(t, "", "__complete", "call", "--idl", "testdata/shop.thrift", addr, "")
	for _, want := range []string{"list\n", "describe\n", "Shop/Put\tvoid Put(1: shop.Item item)\n"} {
		if !strings.Contains(got.stdout, want) {
			t.Errorf("got %q, want %q in it", got.stdout, want)
		}
	}
}

// Answers are there before the next message is written: a conversation.
func TestAStreamIsAConversation(t *testing.T) {
	addr := grpcGo(t, func(s *grpc.Server) { reflection.RegisterV1(s) })
	cmd := exec.CommandContext(t.Context(), tool, "call", "--json", addr, "TestService/FullDuplexCall", "-")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for i, body := range []string{"AA==", "AAA=", "AAAA"} {
		if _, err := fmt.Fprintf(in, `{"responseParameters": [{"size": %d}]}`+"\n", i+1); err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(`{"message":{"payload":{"body":%q}}}`, body); !lines.Scan() || lines.Text() != want {
			t.Fatalf("got %q, %v, want %q", lines.Text(), lines.Err(), want)
		}
	}
	in.Close()
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), `{"reply":{`) || strings.Contains(lines.Text(), `_bytes":0`) || lines.Scan() {
		t.Errorf("got %q, want the reply last", lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
