// Command tls encrypts a connection and has both sides prove who they are. Both
// options are WithTLS with a configuration of crypto/tls; what it can do, they
// can do.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"

	"github.com/volo-go/volo/integration/examples/tls/gen/secret/secretthrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A keeper implements the service.
type keeper struct{}

func (keeper) Tell(ctx context.Context) (string, error) { return "the cake is a lie", nil }

func main() {
	// In real life certificates come from files, see tls.LoadX509KeyPair.
	authority := newAuthority()

	server := volothrift.NewServer(volothrift.WithTLS(&tls.Config{
		Certificates: []tls.Certificate{authority.issue("server")},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    authority.pool(),
		VerifyConnection: func(c tls.ConnectionState) error {
			fmt.Println("server: a connection from", c.PeerCertificates[0].Subject.CommonName)
			return nil
		},
	}))
	if err := server.Register(secretthrift.NewSecretService(keeper{})); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()
	addr := listener.Addr().String()

	ask("Ada, with a certificate", addr, &tls.Config{
		Certificates: []tls.Certificate{authority.issue("Ada")},
		RootCAs:      authority.pool(),
	})
	ask("Eve, without one", addr, &tls.Config{RootCAs: authority.pool()})
	ask("Bob, who trusts somebody else", addr, &tls.Config{RootCAs: newAuthority().pool()})
}

// ask calls the server as one client and prints what comes of it.
func ask(who, addr string, config *tls.Config) {
	client, err := secretthrift.NewSecretClient(addr, volothrift.WithTLS(config))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	answer, err := client.Tell(context.Background())
	var untrusted *tls.CertificateVerificationError
	switch {
	case err == nil:
		fmt.Printf("%s: %q\n", who, answer)
	case errors.As(err, &untrusted):
		fmt.Printf("%s: does not trust the server\n", who)
	default:
		fmt.Printf("%s: refused by the server\n", who)
	}
}
