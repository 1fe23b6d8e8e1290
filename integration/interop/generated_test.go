package interop_test

import (
	"testing"

	"github.com/volo-go/volo/integration/interop/generated"
)

func TestOurThriftTestIsWhatOurCompilerMakesOfApaches(t *testing.T) {
	if err := generated.ThriftTest(".").Compare(); err != nil {
		t.Errorf("%v\n(go generate ./integration/interop)", err)
	}
}

func TestTheShopOfGenericCallsIsUpToDate(t *testing.T) {
	if err := generated.Shop(".").Compare(); err != nil {
		t.Errorf("%v\n(go generate ./integration/interop)", err)
	}
}
