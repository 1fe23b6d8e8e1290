package main

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"slices"
	"testing"
)

func TestResultsOfOurInteropClient(t *testing.T) {
	all, failures := ourResults([]byte("a: ok\nb: got 1, want 2\nc: ok\n"))
	if all != 3 || !slices.Equal(failures, []string{"b: got 1, want 2"}) {
		t.Errorf("got %d, %q, want 3 of which b failed", all, failures)
	}
}

func TestCertificateVouchesForItself(t *testing.T) {
	c, err := newCertificate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(c.file, c.key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if pem, err := os.ReadFile(c.file); err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("no certificate: %v", err)
	}
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: c.name}); err != nil {
		t.Error(err)
	}
}
