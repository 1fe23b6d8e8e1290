package peer_test

import (
	"slices"
	"testing"

	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
	"github.com/volo-go/volo/integration/bench/peertest"
)

func TestPeersEcho(t *testing.T)               { peertest.Echo(t, peer.All()) }
func TestPeersFailWithoutAServer(t *testing.T) { peertest.FailWithoutAServer(t, peer.All()) }

// The gRPC peers do the same on streams.
func TestPeersStream(t *testing.T) {
	for _, kind := range []load.Kind{load.Bidi, load.Flood} {
		for _, name := range []string{"volo-grpc", "grpc-go", "connect-go", "raw-http2", "volo-grpc-by-grpc-go"} {
			if kind == load.Flood && name == "raw-http2" {
				continue
			}
			t.Run(string(kind)+"/"+name, func(t *testing.T) {
				i := slices.IndexFunc(peer.All(), func(p load.Peer) bool { return p.Name == name })
				for _, size := range []int{0, 64, 100_000} {
					peertest.Smoke(t, peer.All()[i], load.Target{Callers: 4, Size: size, Conns: 2, Kind: kind})
				}
			})
		}
	}
}
