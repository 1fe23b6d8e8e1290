// Package raw holds the floors of the benchmark: echoes that move the bytes and
// do nothing else. Nothing is decoded, looked up or intercepted.
//
// [Listen] and [Combiner] are what they are made of; floors of other protocols
// are made of them too.
package raw

import "github.com/volo-go/volo/integration/bench/load"

// All returns the raw peers.
func All() []load.Peer {
	return append([]load.Peer{rawNet(), rawMux()}, onNetpoll()...)
}
