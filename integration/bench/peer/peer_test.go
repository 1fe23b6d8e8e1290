package peer_test

import (
	"slices"
	"testing"

	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
	"github.com/volo-go/volo/integration/bench/peer/connectgo"
	"github.com/volo-go/volo/integration/bench/peer/grpcgo"
	"github.com/volo-go/volo/integration/bench/peer/rawhttp2"
	"github.com/volo-go/volo/integration/bench/peer/volo"
	"github.com/volo-go/volo/integration/bench/peertest"
)

// all returns the peers of all packages, those of two packages in one piece.
func all() []load.Peer {
	return peer.Whole(slices.Concat(volo.All(), grpcgo.All(), connectgo.All(), rawhttp2.All()))
}

func TestPeersEcho(t *testing.T)               { peertest.Echo(t, all()) }
func TestPeersFailWithoutAServer(t *testing.T) { peertest.FailWithoutAServer(t, all()) }

// The gRPC peers do the same on streams.
func TestPeersStream(t *testing.T) {
	for _, kind := range []load.Kind{load.Bidi, load.Flood} {
		for _, name := range []string{"volo-grpc", "grpc-go", "connect-go", "raw-http2", peer.VoloByGRPCGo} {
			if kind == load.Flood && name == "raw-http2" {
				continue
			}
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				i := slices.IndexFunc(all(), func(p load.Peer) bool { return p.Name == name })
				for _, size := range []int{0, 64, 100_000} {
					peertest.Smoke(t, all()[i], load.Target{Callers: 4, Size: size, Conns: 2, Kind: kind})
				}
			})
		}
	}
}

func TestPeersAreWhole(t *testing.T) {
	for _, p := range all() {
		if p.Serve == nil || p.Dial == nil || p.About == "" {
			t.Errorf("%s has no server, no client, or nothing about it", p.Name)
		}
	}
}
