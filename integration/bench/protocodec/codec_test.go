package protocodec_test

import (
	"testing"

	"github.com/volo-go/volo/integration/bench/peertest"
	"github.com/volo-go/volo/integration/bench/protocodec"
)

func TestCodecsKeepTheShapes(t *testing.T) { peertest.KeepTheShapes(t, protocodec.Codecs()) }
