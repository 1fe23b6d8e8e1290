// Package grpcgo is the peer grpc-go, and those whose client is grpc-go or h2load.
package grpcgo

import (
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
)

// All returns the peers of this package; those with the server of Volo are
// clients alone.
func All() []load.Peer {
	return []load.Peer{
		{Name: "grpc-go", About: "grpc-go", Greeting: peer.Greeting, Serve: serve, Dial: dial},
		{Name: peer.VoloByGRPCGo, About: "Volo's server under grpc-go's client", Greeting: peer.Greeting, Dial: dial},
		{Name: peer.VoloByH2load, About: "Volo's server under h2load", Dial: dialH2load, Needs: h2load},
		{Name: "grpc-go-by-h2load", About: "grpc-go's server under h2load", Serve: serve, Dial: dialH2load, Needs: h2load},
	}
}
