package gen_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	dir := module(t)
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
	vet(t, dir)
}

// TestCodeOfOddNamesCompiles: names of namespaces and files to which the go
// command gives a meaning, or none.
func TestCodeOfOddNamesCompiles(t *testing.T) {
	idls := map[string]string{
		"main.thrift":        "include \"inner.thrift\"\ninclude \"vend.thrift\"\nnamespace go shop\nstruct Main { 1: inner.T a, 2: vend.T b }",
		"inner.thrift":       "namespace go internal.foo.internal\nstruct T {}",
		"vend.thrift":        "namespace go vendor.foo\nstruct T {}",
		"two words.thrift":   "struct T {}",
		"-größe (1)+.thrift": "namespace go big\nstruct T {}",
		"internal.thrift":    "struct T {}",
	}
	out, err := gen.Generate(lowered(t, idls), gen.Options{PackagePrefix: "corpus/gen"})
	if err != nil {
		t.Fatal(err)
	}
	dir := module(t)
	var got []string
	for _, f := range out {
		got = append(got, f.Path)
		write(t, filepath.Join(dir, "gen", filepath.FromSlash(f.Path)), f.Content)
	}
	want := []string{
		"big/idl-größe__1__.go", "internal_/foo/internal_/inner.go", "internal_/internal.go", "shop/main.go", "two_words/two_words.go", "vendor_/foo/vend.go",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	write(t, filepath.Join(dir, "user.go"), []byte(`package corpus

import (
	_ "corpus/gen/big"
	_ "corpus/gen/internal_"
	_ "corpus/gen/shop"
	_ "corpus/gen/two_words"
)
`))
	vet(t, dir)
}

// TestCodeOfPackagesNamedLikeImportsCompiles: namespaces that end like what
// generated code imports, when that is imported, too.
func TestCodeOfPackagesNamedLikeImportsCompiles(t *testing.T) {
	names := []string{"binary", "context", "descriptor", "descriptors", "errors", "fieldmask", "fmt", "math", "strconv", "thrift"}
	idls := map[string]string{}
	var includes, fields strings.Builder
	for i, name := range names {
		idls[name+".thrift"] = "namespace go " + name + "\nstruct T { 1: double d = -0.0 }"
		fmt.Fprintf(&includes, "include \"%s.thrift\"\n", name)
		fmt.Fprintf(&fields, "%d: %s.T %s\n", i+1, name, name)
	}
	idls["main.thrift"] = includes.String() + "namespace go shop\nenum E { A }\nstruct Main {\n" + fields.String() + "100: E e, 101: double d = -0.0 }"
	out, err := gen.Generate(lowered(t, idls), gen.Options{PackagePrefix: "corpus/gen", WithFieldMask: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := module(t)
	for _, f := range out {
		write(t, filepath.Join(dir, "gen", filepath.FromSlash(f.Path)), f.Content)
	}
	vet(t, dir)
}

// module makes a module that requires ours.
func module(t *testing.T) (dir string) {
	t.Helper()
	runtime, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), fmt.Appendf(nil,
		"module corpus\n\ngo 1.26\n\nrequire github.com/volo-go/volo/pilota v0.0.0\n\nreplace github.com/volo-go/volo/pilota => %s\n", runtime))
	return dir
}

// vet has the go command look at a module.
func vet(t *testing.T, dir string) {
	t.Helper()
	cmd := exec.Command("go", "vet", "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "GOPROXY=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, text)
	}
}
