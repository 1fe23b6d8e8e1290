package gen_test

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/lower"
)

// lowered makes a program of IDL files that only exist here.
func lowered(t testing.TB, files map[string]string) *ir.Program {
	t.Helper()
	p, diagnostics := lower.Lower(lower.Options{
		Inputs:  slices.Sorted(maps.Keys(files)),
		KeepAll: true,
		ReadFile: func(name string) ([]byte, error) {
			text, ok := files[name]
			if !ok {
				return nil, fs.ErrNotExist
			}
			return []byte(text), nil
		},
	})
	if p == nil {
		t.Fatalf("%v", diagnostics)
	}
	return p
}

// output generates Go and returns it by path.
func output(t testing.TB, o gen.Options, files map[string]string) map[string]string {
	t.Helper()
	o.PackagePrefix = "example.org/gen"
	out, err := gen.Generate(lowered(t, files), o)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for _, f := range out {
		m[f.Path] = string(f.Content)
	}
	return m
}

// squeezed replaces runs of white space by one space: gofmt aligns columns.
func squeezed(s string) string { return strings.Join(strings.Fields(s), " ") }
