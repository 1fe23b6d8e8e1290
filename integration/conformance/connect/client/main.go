// Client is the client that connectrpc.com/conformance tests. It reads the
// calls to make from its standard input and writes what came of each, in the
// order in which they end.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	"github.com/volo-go/volo/integration/conformance/connect"
	conformancev1 "github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1"
	"github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1/conformancev1grpc"
)

// parallel is how many calls run at once.
const parallel = 8

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "client:", err)
		os.Exit(1)
	}
}

// run makes the calls that in asks for until it ends.
func run(ctx context.Context, in io.Reader, out io.Writer) error {
	var calls sync.WaitGroup
	defer calls.Wait()
	var mu sync.Mutex
	var failed error // to write, guarded by mu
	slots := make(chan struct{}, parallel)
	for in := bufio.NewReader(in); ; {
		request := new(conformancev1.ClientCompatRequest)
		if err := connect.Read(in, request); err != nil {
			calls.Wait()
			if errors.Is(err, io.EOF) {
				return failed
			}
			return errors.Join(err, failed)
		}
		slots <- struct{}{}
		calls.Go(func() {
			defer func() { <-slots }()
			response := answer(ctx, request)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, connect.Write(out, response))
		})
	}
}

// answer makes one call.
func answer(ctx context.Context, request *conformancev1.ClientCompatRequest) *conformancev1.ClientCompatResponse {
	response := &conformancev1.ClientCompatResponse{TestName: request.TestName}
	result, err := call(ctx, request)
	if err != nil {
		response.Result = &conformancev1.ClientCompatResponse_Error{Error: &conformancev1.ClientErrorResult{Message: err.Error()}}
	} else {
		response.Result = &conformancev1.ClientCompatResponse_Response{Response: result}
	}
	return response
}

// call makes a call with a client of its own. The error says that it could
// not be made; how it ended is in the result.
func call(ctx context.Context, request *conformancev1.ClientCompatRequest) (*conformancev1.ClientResponseResult, error) {
	options, err := clientOptions(request)
	if err != nil {
		return nil, err
	}
	addr := net.JoinHostPort(request.Host, strconv.FormatUint(uint64(request.Port), 10))
	client, err := conformancev1grpc.NewConformanceServiceClient(addr, options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return newAttempt(request).run(ctx, client)
}

func clientOptions(r *conformancev1.ClientCompatRequest) (o []vologrpc.ClientOption, err error) {
	if r.Protocol != conformancev1.Protocol_PROTOCOL_GRPC || r.HttpVersion != conformancev1.HTTPVersion_HTTP_VERSION_2 {
		return nil, fmt.Errorf("%v over %v is not what we speak", r.Protocol, r.HttpVersion)
	}
	switch r.Compression {
	case conformancev1.Compression_COMPRESSION_UNSPECIFIED, conformancev1.Compression_COMPRESSION_IDENTITY:
	case conformancev1.Compression_COMPRESSION_GZIP:
		o = append(o, vologrpc.WithCompression("gzip"))
	default:
		return nil, fmt.Errorf("%v is not supported", r.Compression)
	}
	if r.MessageReceiveLimit > 0 {
		o = append(o, vologrpc.WithMaxReceiveSize(int(r.MessageReceiveLimit)))
	}
	if len(r.ServerTlsCert) == 0 {
		return o, nil
	}
	cfg := &tls.Config{RootCAs: x509.NewCertPool()}
	if !cfg.RootCAs.AppendCertsFromPEM(r.ServerTlsCert) {
		return nil, errors.New("the certificate of the server is no PEM")
	}
	if creds := r.ClientTlsCreds; creds != nil {
		pair, err := tls.X509KeyPair(creds.Cert, creds.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate of the client: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return append(o, vologrpc.WithTLS(cfg)), nil
}
