package thriftpeer_test

import (
	"testing"

	"github.com/volo-go/volo/integration/bench/peertest"
	"github.com/volo-go/volo/integration/bench/thriftpeer"
)

func TestPeersEcho(t *testing.T)               { peertest.Echo(t, thriftpeer.All()) }
func TestPeersFailWithoutAServer(t *testing.T) { peertest.FailWithoutAServer(t, thriftpeer.All()) }
func TestCodecsKeepTheShapes(t *testing.T)     { peertest.KeepTheShapes(t, thriftpeer.Codecs()) }
