package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/interop/generated"
)

func TestGeneratedCodeIsUpToDate(t *testing.T) {
	folders, err := generated.Examples(".")
	if err != nil || len(folders) == 0 {
		t.Fatal("no examples", err)
	}
	for _, f := range folders {
		if err := f.Compare(); err != nil {
			t.Errorf("%v\n(go generate ./integration/examples)", err)
		}
	}
}

// Each example has its line in the package comment, and a test.
func TestEveryExampleIsOnTheShelf(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	idl, err := filepath.Glob("*/*.thrift")
	if err != nil || len(idl) == 0 {
		t.Fatal("no examples", err)
	}
	for _, name := range idl {
		dir := filepath.Dir(name)
		if !strings.Contains(string(doc), "\n//\t"+dir+" ") {
			t.Errorf("doc.go does not mention %s", dir)
		}
		if tests, _ := filepath.Glob(dir + "/*_test.go"); len(tests) == 0 {
			t.Errorf("%s has no test", dir)
		}
	}
}
