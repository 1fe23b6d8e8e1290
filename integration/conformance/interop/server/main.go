// Server serves the test service of gRPC, health, channelz and reflection,
// prints its address, and ends when its standard input does.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/channelz"
	"github.com/volo-go/volo/volo-grpc/health"
	"github.com/volo-go/volo/volo-grpc/reflection"

	"github.com/volo-go/volo/integration/conformance/interop"
)

func main() {
	cert := flag.String("cert", "", "file of the certificate; without one there is no TLS")
	key := flag.String("key", "", "file of its key")
	flag.Parse()
	if err := run(*cert, *key); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(cert, key string) error {
	var options []vologrpc.ServerOption
	if cert != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return err
		}
		options = append(options, vologrpc.WithTLS(&tls.Config{Certificates: []tls.Certificate{pair}}))
	}
	server := vologrpc.NewServer(options...)
	z := channelz.New()
	z.AddServer("interop", server)
	for _, s := range append(interop.Services(), health.New().Service(), z.Service()) {
		if err := server.Register(s); err != nil {
			return err
		}
	}
	if err := reflection.Register(server); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	io.Copy(io.Discard, os.Stdin)
	if err := server.Close(); err != nil {
		return err
	}
	if err := <-served; err != vologrpc.ErrServerClosed {
		return err
	}
	return nil
}
