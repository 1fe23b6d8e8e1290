package thriftpeer

import (
	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/raw"
)

// All returns the peers of this package and those of package raw.
func All() []load.Peer {
	return append(append(voloPeers(), apacheFramed(), apacheBuffered()), raw.All()...)
}

// Codecs returns the codecs of this package.
func Codecs() []codec.Codec { return append(voloCodecs(), apacheCodec()) }
