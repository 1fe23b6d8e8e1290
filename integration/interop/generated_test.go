package interop_test

import (
	"flag"
	"testing"

	"github.com/volo-go/volo/integration/interop/generated"
)

var refresh = flag.Bool("refresh", false, "write what is generated instead of comparing, and fail")

func TestOurThriftTestIsWhatOurCompilerMakesOfApaches(t *testing.T) {
	ours := generated.Folder{
		Dir:    "gen",
		Import: "github.com/volo-go/volo/integration/interop/gen",
		IDL:    []string{"apachetest/ThriftTest.thrift"},
	}
	if *refresh {
		if err := ours.Write(); err != nil {
			t.Fatal(err)
		}
		t.Fatal("written; run again without -refresh")
	}
	if err := ours.Compare(); err != nil {
		t.Errorf("%v\n(-refresh writes it)", err)
	}
}
