package gen_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/lower"
)

// TestCodeForTheCorpusCompiles generates types for everything that the parser
// is tested with and lets go vet look at them, in a module of their own. Stubs
// are left out: what they import is not ours to require.
func TestCodeForTheCorpusCompiles(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles some fifty packages")
	}
	runtime, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), fmt.Appendf(nil,
		"module corpus\n\ngo 1.26\n\nrequire github.com/volo-go/volo/pilota v0.0.0\n\nreplace github.com/volo-go/volo/pilota => %s\n", runtime))
	files, err := filepath.Glob("../testdata/thrift/*.thrift")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for i, file := range files {
		for _, keep := range []bool{false, true} {
			name := fmt.Sprintf("c%d%v", i, keep)
			p, diagnostics := lower.Lower(lower.Options{
				Inputs: []string{file}, KeepAll: true, IncludeDirs: []string{"../testdata/thrift/search"},
			})
			if p == nil {
				t.Fatalf("%s: %v", file, diagnostics)
			}
			out, err := gen.Generate(p, gen.Options{PackagePrefix: "corpus/" + name, KeepUnknownFields: keep, KeepCase: keep})
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			for _, f := range out {
				if !strings.Contains(string(f.Content), "volo-thrift\"") {
					write(t, filepath.Join(dir, name, filepath.FromSlash(f.Path)), f.Content)
				}
			}
		}
	}
	cmd := exec.Command("go", "vet", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, text)
	}
}
