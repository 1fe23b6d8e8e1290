package thriftidl_test

import (
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

func TestPrintedFixturesParseToTheSameTree(t *testing.T) {
	for name, text := range fixtures(t) {
		tree, list := thriftidl.Parse(source.NewFile(name, text))
		if list.HasErrors() {
			if strings.HasPrefix(name, "thrift/") {
				t.Errorf("%s: %v", name, list)
			}
			continue
		}
		t.Run(name, func(t *testing.T) { survives(t, tree) })
	}
}
