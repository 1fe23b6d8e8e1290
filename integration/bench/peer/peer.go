package peer

import (
	"fmt"
	"slices"

	"golang.org/x/net/http2"

	"github.com/volo-go/volo/integration/bench/load"
)

// The gRPC service of echo.proto. Peers that are not generated from it name its
// methods themselves.
const (
	Service   = "volo.echo.Echo"
	UnaryPath = "/" + Service + "/Unary"
	BidiPath  = "/" + Service + "/Bidi"
	FloodPath = "/" + Service + "/Flood"
)

// The peers that are the server of one package under the client of another.
const (
	VoloByGRPCGo = "volo-grpc-by-grpc-go"
	VoloByH2load = "volo-grpc-by-h2load"
)

// Greeting is the preface of a client with the default settings, which
// acknowledges the server's: as much as it takes for a server to keep the
// connection.
var Greeting = []byte(http2.ClientPreface +
	"\x00\x00\x00\x04\x00\x00\x00\x00\x00" +
	"\x00\x00\x00\x04\x01\x00\x00\x00\x00")

// A Client makes calls of one framework over one connection or several.
// Strings that its functions return are valid until they are called again.
type Client interface {
	Unary(number int, msg string) (string, error)

	// Bidi opens a stream; the function sends a message and receives its echo.
	Bidi(number int) (func(msg string) (string, error), error)

	// Flood asks for messages; the function receives the next one.
	Flood(number int, msg string) (func() (string, error), error)
}

// Call returns what a caller of c does.
func Call(c Client, kind load.Kind, number int, msg string) (load.Call, error) {
	check := load.NewCheck(msg)
	switch kind {
	case load.Unary:
		return func() error { return check.Reply(c.Unary(number, msg)) }, nil
	case load.Bidi:
		echo, err := c.Bidi(number)
		return func() error { return check.Reply(echo(msg)) }, err
	case load.Flood:
		next, err := c.Flood(number, msg)
		return func() error { return check.Reply(next()) }, err
	}
	return nil, fmt.Errorf("no call of kind %q", kind)
}

// Whole joins the peers of that name in the lists of several packages, of which
// one has the server and another the client. What is told of it is the client's.
func Whole(parts []load.Peer) []load.Peer {
	var whole []load.Peer
	for _, p := range parts {
		i := slices.IndexFunc(whole, func(o load.Peer) bool { return o.Name == p.Name })
		switch {
		case i < 0:
			whole = append(whole, p)
		case p.Dial == nil:
			whole[i].Serve = p.Serve
		default:
			p.Serve = whole[i].Serve
			whole[i] = p
		}
	}
	return whole
}
