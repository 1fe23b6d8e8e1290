package peer

import (
	"fmt"

	"golang.org/x/net/http2"

	"github.com/volo-go/volo/integration/bench/load"
)

// The gRPC service of echo.proto. Peers that are not generated from it name its
// methods themselves.
const (
	grpcService = "volo.echo.Echo"
	unaryPath   = "/" + grpcService + "/Unary"
	bidiPath    = "/" + grpcService + "/Bidi"
	floodPath   = "/" + grpcService + "/Flood"
)

// grpcPeers returns the peers of the gRPC scenarios: servers under their own
// clients, and under those of others.
func grpcPeers() []load.Peer {
	peers := []load.Peer{
		{Name: "volo-grpc", About: "Volo gRPC", Serve: serveVoloGRPC, Dial: dialVoloGRPC},
		{Name: "grpc-go", About: "grpc-go", Serve: serveGRPCGo, Dial: dialGRPCGo},
		{Name: "connect-go", About: "connect-go, gRPC over net/http", Serve: serveConnect, Dial: dialConnect},
		{Name: "volo-grpc-by-grpc-go", About: "Volo's server under grpc-go's client", Serve: serveVoloGRPC, Dial: dialGRPCGo},
		{Name: "volo-grpc-by-h2load", About: "Volo's server under h2load", Serve: serveVoloGRPC, Dial: dialH2load, Needs: h2load},
		{Name: "grpc-go-by-h2load", About: "grpc-go's server under h2load", Serve: serveGRPCGo, Dial: dialH2load, Needs: h2load},
		rawHTTP2(),
	}
	for i := range peers {
		peers[i].Greeting = http2Greeting
	}
	return peers
}

// http2Greeting is the preface of a client with the default settings, which
// acknowledges the server's: as much as it takes for a server to keep the
// connection.
var http2Greeting = []byte(http2.ClientPreface +
	"\x00\x00\x00\x04\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x04\x01\x00\x00\x00\x00")

// A grpcClient makes calls of one framework over one connection or several.
// Strings that its functions return are valid until they are called again.
type grpcClient interface {
	unary(number int, msg string) (string, error)

	// bidi opens a stream; the function sends a message and receives its echo.
	bidi(number int) (func(msg string) (string, error), error)

	// flood asks for messages; the function receives the next one.
	flood(number int, msg string) (func() (string, error), error)
}

// grpcCall returns what a caller of c does.
func grpcCall(c grpcClient, kind load.Kind, number int, msg string) (load.Call, error) {
	switch kind {
	case load.Unary:
		return load.Verify(msg, func(msg string) (string, error) { return c.unary(number, msg) }), nil
	case load.Bidi:
		echo, err := c.bidi(number)
		return load.Verify(msg, echo), err
	case load.Flood:
		next, err := c.flood(number, msg)
		return load.Verify(msg, func(string) (string, error) { return next() }), err
	}
	return nil, fmt.Errorf("no call of kind %q", kind)
}
