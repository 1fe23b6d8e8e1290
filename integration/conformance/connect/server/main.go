// Server is the server that connectrpc.com/conformance tests. It reads what to
// be from its standard input, says where it serves, and serves until it is
// told to end. With -net-http it is a handler of net/http.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	"github.com/volo-go/volo/integration/conformance/connect"
	conformancev1 "github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1"
	"github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1/conformancev1grpc"
)

func main() {
	onNetHTTP := flag.Bool("net-http", false, "serve by net/http")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *onNetHTTP); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, onNetHTTP bool) error {
	var request conformancev1.ServerCompatRequest
	if err := connect.Read(os.Stdin, &request); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	options, err := serverOptions(&request)
	if err != nil {
		return err
	}
	cfg, err := tlsConfig(&request)
	if err != nil {
		return err
	}
	if cfg != nil {
		options = append(options, vologrpc.WithTLS(cfg))
	}
	server := vologrpc.NewServer(options...)
	if err := server.Register(service()); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	serve, stop := server.Serve, func(context.Context) error { return nil }
	if onNetHTTP {
		serve, stop = netHTTP(server, cfg)
	}
	served := make(chan error, 1)
	go func() { served <- serve(listener) }()
	addr := listener.Addr().(*net.TCPAddr)
	err = connect.Write(os.Stdout, &conformancev1.ServerCompatResponse{
		Host: addr.IP.String(), Port: uint32(addr.Port), PemCert: request.GetServerCreds().GetCert(),
	})
	if err != nil {
		return errors.Join(err, server.Close())
	}
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(ctx), stop(ctx))
}

// netHTTP returns what serves and stops a server of net/http whose handler is
// ours.
func netHTTP(handler http.Handler, cfg *tls.Config) (serve func(net.Listener) error, stop func(context.Context) error) {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s := &http.Server{Handler: handler, Protocols: &protocols, TLSConfig: cfg}
	if cfg == nil {
		return s.Serve, s.Shutdown
	}
	return func(l net.Listener) error { return s.ServeTLS(l, "", "") }, s.Shutdown
}

// service returns the service without the method that is not to be there.
func service() *vologrpc.Service {
	s := conformancev1grpc.NewConformanceServiceService(handler{})
	s.Methods = slices.DeleteFunc(slices.Clone(s.Methods), func(m *vologrpc.Method) bool { return m.Name == "Unimplemented" })
	return s
}

func serverOptions(r *conformancev1.ServerCompatRequest) (o []vologrpc.ServerOption, err error) {
	switch {
	case r.Protocol == conformancev1.Protocol_PROTOCOL_GRPC_WEB:
		o = append(o, vologrpc.WithWeb(vologrpc.Web{Origins: []string{"*"}}))
	case r.Protocol != conformancev1.Protocol_PROTOCOL_GRPC || r.HttpVersion != conformancev1.HTTPVersion_HTTP_VERSION_2:
		return nil, fmt.Errorf("%v over %v is not what we speak", r.Protocol, r.HttpVersion)
	}
	if r.MessageReceiveLimit > 0 {
		o = append(o, vologrpc.WithMaxReceiveSize(int(r.MessageReceiveLimit)))
	}
	return o, nil
}

// tlsConfig returns nil if the server is to do without TLS.
func tlsConfig(r *conformancev1.ServerCompatRequest) (*tls.Config, error) {
	if !r.UseTls {
		return nil, nil
	}
	pair, err := tls.X509KeyPair(r.GetServerCreds().GetCert(), r.GetServerCreds().GetKey())
	if err != nil {
		return nil, fmt.Errorf("certificate of the server: %w", err)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{pair}}
	if len(r.ClientTlsCert) > 0 {
		cfg.ClientAuth, cfg.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		if !cfg.ClientCAs.AppendCertsFromPEM(r.ClientTlsCert) {
			return nil, errors.New("the certificate of the client is no PEM")
		}
	}
	return cfg, nil
}
