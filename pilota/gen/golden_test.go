package gen_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/lower"
)

var refresh = flag.Bool("refresh", false, "write the golden files instead of comparing them, and fail")

// Each folder of testdata has IDL files in idl and what comes of them in go.
// The packages are compiled wherever a test imports them.
const prefix = "github.com/volo-go/volo/pilota/gen/testdata"

var goldens = []struct {
	name    string
	idl     string // folder that has the IDL files, name if empty
	options gen.Options
}{
	{name: "all"},
	{name: "keep", options: gen.Options{KeepUnknownFields: true}},
	{name: "bench"},
	{name: "plain", options: gen.Options{KeepCase: true}},
	{name: "full", options: gen.Options{WithDescriptor: true}},
	{name: "split", options: gen.Options{Split: gen.SplitTypes, Dedups: []string{"Base", "Level", "Same", "MOST"}, SpecialNamings: []string{"IDs", "OAuth"}}},
	{name: "mask", idl: "all", options: gen.Options{WithFieldMask: true, KeepUnknownFields: true}},
	{name: "valid"},
	{name: "kinds", options: gen.Options{Split: gen.SplitKinds, NoComments: true}},
}

func TestGenerateGivesTheGoldenFiles(t *testing.T) {
	for _, golden := range goldens {
		t.Run(golden.name, func(t *testing.T) {
			dir := filepath.Join("testdata", golden.name)
			idl := dir
			if golden.idl != "" {
				idl = filepath.Join("testdata", golden.idl)
			}
			o := golden.options
			o.PackagePrefix = path.Join(prefix, golden.name, "go")
			compareFolder(t, filepath.Join(dir, "go"), generate(t, o, idlFiles(t, filepath.Join(idl, "idl"))...))
		})
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	idl := idlFiles(t, "testdata/all/idl")
	first := generate(t, gen.Options{PackagePrefix: "x"}, idl...)
	for range 5 {
		again := generate(t, gen.Options{PackagePrefix: "x"}, idl...)
		if !slices.EqualFunc(first, again, func(a, b gen.File) bool {
			return a.Path == b.Path && bytes.Equal(a.Content, b.Content)
		}) {
			t.Fatal("a second run gives other files")
		}
	}
}

func idlFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.thrift"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no IDL in %s: %v", dir, err)
	}
	return files
}

// program lowers IDL files, which must be right.
func program(t testing.TB, files ...string) *ir.Program {
	t.Helper()
	p, diagnostics := lower.Lower(lower.Options{Inputs: files, KeepAll: true})
	if p == nil {
		t.Fatalf("%v", diagnostics)
	}
	return p
}

func generate(t *testing.T, o gen.Options, files ...string) []gen.File {
	t.Helper()
	out, err := gen.Generate(program(t, files...), o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// compareFolder compares a folder with files, or makes it equal.
func compareFolder(t *testing.T, dir string, files []gen.File) {
	t.Helper()
	if *refresh {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string][]byte{}
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Path))
		want[name] = f.Content
		if *refresh {
			write(t, name, f.Content)
		}
	}
	if *refresh {
		t.Fatalf("wrote %s; run again without -refresh", dir)
	}
	for name, content := range read(t, dir) {
		switch generated, ok := want[name]; {
		case !ok:
			t.Errorf("%s is not generated any more", name)
		case !bytes.Equal(generated, content):
			t.Errorf("%s differs from what is generated now (-refresh writes it)", name)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("%s is generated but not there (-refresh writes it)", name)
	}
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		files[name] = content
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
