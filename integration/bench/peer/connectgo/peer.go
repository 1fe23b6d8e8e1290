// Package connectgo is the peer connect-go.
package connectgo

import (
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
)

// All returns the peer of this package.
func All() []load.Peer {
	return []load.Peer{{Name: "connect-go", About: "connect-go, gRPC over net/http", Greeting: peer.Greeting, Serve: serve, Dial: dial}}
}
