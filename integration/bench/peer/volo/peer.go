// Package volo is the peer Volo gRPC.
package volo

import (
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
)

// All returns the peers of this package; those under the client of another
// framework are servers alone.
func All() []load.Peer {
	const about = "Volo gRPC"
	return []load.Peer{
		{Name: "volo-grpc", About: about, Greeting: peer.Greeting, Serve: serve, Dial: dial},
		{Name: peer.VoloByGRPCGo, About: about, Serve: serve},
		{Name: peer.VoloByH2load, About: about, Serve: serve},
	}
}
