// Client runs cases against the test service of gRPC at an address, all of
// them unless some are named. It prints a line for each, and exits with 1 if
// one has failed.
//
//	client [-ca FILE -name NAME] ADDRESS [CASE...]
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"time"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	"github.com/volo-go/volo/integration/conformance/interop"
)

func main() {
	ca := flag.String("ca", "", "file of the authority that the server's certificate is from; without one there is no TLS")
	name := flag.String("name", "", "name in the server's certificate")
	flag.Parse()
	options, err := secure(*ca, *name)
	if err == nil && flag.NArg() == 0 {
		err = errors.New("no address")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(2)
	}
	if !run(flag.Arg(0), flag.Args()[1:], options) {
		os.Exit(1)
	}
}

func secure(ca, name string) ([]vologrpc.ClientOption, error) {
	if ca == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate", ca)
	}
	return []vologrpc.ClientOption{vologrpc.WithTLS(&tls.Config{RootCAs: roots, ServerName: name})}, nil
}

// run reports whether all cases passed.
func run(addr string, names []string, options []vologrpc.ClientOption) bool {
	passed := true
	for _, c := range interop.Cases() {
		if len(names) > 0 && !slices.Contains(names, c.Name) {
			continue
		}
		if err := attempt(c, addr, options); err != nil {
			passed = false
			fmt.Printf("%s: %v\n", c.Name, err)
			continue
		}
		fmt.Printf("%s: ok\n", c.Name)
	}
	return passed
}

// attempt runs a case with a client of its own.
func attempt(c interop.Case, addr string, options []vologrpc.ClientOption) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	dial := func() (*vologrpc.Client, error) { return vologrpc.NewClient(addr, options...) }
	client, err := dial()
	if err != nil {
		return err
	}
	defer client.Close()
	return c.Run(ctx, interop.NewPeer(client, dial))
}
