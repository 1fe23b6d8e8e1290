package peer

import "github.com/volo-go/volo/integration/bench/load"

// All returns the peers of this package.
func All() []load.Peer { return grpcPeers() }
