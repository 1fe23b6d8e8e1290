package main

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter"
	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter/greetergrpc"
	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter/greeterthrift"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// Clients of both protocols come and go while others connect and say nothing,
// or something that is neither.
func TestOnePortUnderLoad(t *testing.T) {
	own, roots := certificate(t)
	for _, medium := range []string{"TCP", "unix", "TLS"} {
		t.Run(medium, func(t *testing.T) {
			network, address, target := "tcp", "127.0.0.1:0", ""
			if medium == "unix" {
				network, address = "unix", filepath.Join(t.TempDir(), "s")
				target = "unix:" + address
			}
			port, err := net.Listen(network, address)
			if err != nil {
				t.Fatal(err)
			}
			if target == "" {
				target = port.Addr().String()
			}
			config := transport.SplitConfig{Logger: slog.New(slog.DiscardHandler), Timeout: time.Minute}
			grpcOptions := []vologrpc.ClientOption{vologrpc.WithConnectTimeout(time.Minute)}
			thriftOptions := []volothrift.ClientOption{volothrift.WithConnectTimeout(time.Minute)}
			if medium == "TLS" {
				config.TLS = &tls.Config{Certificates: []tls.Certificate{own}}
				grpcOptions = append(grpcOptions, vologrpc.WithTLS(&tls.Config{RootCAs: roots}))
				thriftOptions = append(thriftOptions, volothrift.WithTLS(&tls.Config{RootCAs: roots}))
			}
			stop := serve(t, transport.Split(port, config, transport.HTTP, transport.Anything))

			var clients sync.WaitGroup
			for range 4 {
				clients.Go(func() {
					for range 20 {
						callThrift(t, target, thriftOptions...)
						callGRPC(t, target, grpcOptions...)
					}
				})
			}
			clients.Go(func() {
				for _, first := range strings.Split(strings.Repeat(",P,PRI,GET,\x00\xff,\xff\xff\xff\xff,POST / HTTP/1.1\r\n\r\n,", 10), ",") {
					nc, err := net.Dial(network, port.Addr().String())
					if err != nil {
						t.Error(err)
						return
					}
					io.WriteString(nc, first)
					defer nc.Close()
				}
			})
			clients.Wait()
			stop()
		})
	}
}

// serve serves both on their parts of a port, until stop is called.
func serve(t *testing.T, parts []net.Listener) (stop func()) {
	quiet := slog.New(slog.DiscardHandler)
	grpcServer := vologrpc.NewServer(vologrpc.WithWeb(vologrpc.Web{}), vologrpc.WithLogger(quiet))
	thriftServer := volothrift.NewServer(volothrift.WithLogger(quiet))
	if err := grpcServer.Register(greetergrpc.NewGreeterService(grpcGreeter{})); err != nil {
		t.Fatal(err)
	}
	if err := thriftServer.Register(greeterthrift.NewGreeterService(thriftGreeter{})); err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() { grpcServer.Serve(parts[0]) })
	served.Go(func() { thriftServer.Serve(parts[1]) })
	return func() {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := thriftServer.Shutdown(ctx); err != nil {
			t.Errorf("Thrift: Shutdown returned %v", err)
		}
		if err := grpcServer.Shutdown(ctx); err != nil {
			t.Errorf("gRPC: Shutdown returned %v", err)
		}
		served.Wait()
	}
}

func callThrift(t *testing.T, target string, options ...volothrift.ClientOption) {
	c, err := greeterthrift.NewGreeterClient(target, options...)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	for range 10 {
		if got, err := c.Greet(t.Context(), "Ada"); got != "hello, Ada" || err != nil {
			t.Errorf("Thrift: got %q and %v", got, err)
		}
	}
}

func callGRPC(t *testing.T, target string, options ...vologrpc.ClientOption) {
	c, err := greetergrpc.NewGreeterClient(target, options...)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	for range 10 {
		if got, err := c.Greet(t.Context(), &greeter.GreetRequest{Name: "Ada"}); got.GetText() != "hello, Ada" || err != nil {
			t.Errorf("gRPC: got %q and %v", got.GetText(), err)
		}
	}
}
