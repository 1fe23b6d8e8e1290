package raw

import "github.com/volo-go/volo/integration/bench/load"

func onNetpoll() []load.Peer { return nil }
