//go:build !race

package vologrpc_test

import (
	"testing"

	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// Built with -race, netpoll finds connections by their descriptors, and takes a
// late event of a closed one for the next: that one ends.
func init() { roads = append(roads, road{"our HTTP/1.1 on netpoll", serveOnNetpoll, false}) }

func serveOnNetpoll(t testing.TB, h notes, opts ...vologrpc.ServerOption) (address string) {
	return serve(t, h, append(opts, vologrpc.WithEngine(transport.EngineNetpoll))...)
}
