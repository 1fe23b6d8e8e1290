//go:build !race

package volothrift_test

import "github.com/volo-go/volo/motore/transport"

// engines are those to test.
var engines = []transport.Engine{transport.EngineNet, transport.EngineNetpoll}
