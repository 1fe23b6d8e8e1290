// Package rawhttp2 is the floor of gRPC.
package rawhttp2

import (
	"github.com/volo-go/volo/integration/bench/load"
)

// All returns the peer of this package.
func All() []load.Peer { return []load.Peer{rawHTTP2()} }
