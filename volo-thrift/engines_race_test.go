//go:build race

package volothrift_test

import "github.com/volo-go/volo/motore/transport"

// engines has no netpoll. Built with -race, netpoll finds connections by their
// descriptors, and takes a late event of a closed one for the next: that one
// ends. The tests of package transport have netpoll at rest in between.
var engines = []transport.Engine{transport.EngineNet}
