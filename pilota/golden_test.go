package pilota_test

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/report"
)

var update = flag.Bool("update", false, "write what the golden tests got, and fail")

// TestMain fails runs that wrote golden files, so that none passes CI.
func TestMain(m *testing.M) {
	code := m.Run()
	if *update {
		os.Stderr.WriteString("golden files written; run again without -update\n")
		code = 1
	}
	os.Exit(code)
}

// Every testdata/diagnostics/<case>/main.thrift has what the compiler says
// about it in main.diag beside it.
func TestDiagnosticsOfWrongFiles(t *testing.T) {
	for _, input := range inputs(t, "testdata/diagnostics/*/main.thrift") {
		dir := filepath.Dir(input)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			_, got := compile(t, dir, "main.thrift")
			golden(t, filepath.Join(dir, "main.diag"), got)
		})
	}
}

// Files that are right have their warnings beside them, or nothing.
func TestDiagnosticsOfRightFiles(t *testing.T) {
	for _, input := range inputs(t, "testdata/thrift/*.thrift") {
		t.Run(filepath.Base(input), func(t *testing.T) {
			list, got := compile(t, "testdata/thrift", filepath.Base(input))
			if list.HasErrors() {
				t.Errorf("got errors:\n%s", got)
			}
			name := strings.TrimSuffix(input, ".thrift") + ".diag"
			if got == "" {
				if _, err := os.Stat(name); err == nil {
					t.Errorf("no diagnostics, but %s", name)
				}
				return
			}
			golden(t, name, got)
		})
	}
}

// Every rule has a case of its name that shows it.
func TestEveryRuleHasACase(t *testing.T) {
	// These need file systems that fail or do not end; lower has tests.
	elsewhere := map[string]bool{"include-not-read": true, "too-many-files": true}
	for code, pos := range codes(t) {
		diag, err := os.ReadFile("testdata/diagnostics/" + code + "/main.diag")
		switch {
		case elsewhere[code]:
		case err != nil:
			t.Errorf("%s: rule %s: %v", pos, code, err)
		case !strings.Contains(string(diag), "["+code+"]"):
			t.Errorf("%s: the case of rule %s does not show it", pos, code)
		}
	}
}

// codes returns the codes that the compiler's source gives to diagnostics.
func codes(t *testing.T) map[string]token.Position {
	t.Helper()
	found := make(map[string]token.Position)
	set := token.NewFileSet()
	for _, name := range append(inputs(t, "lower/*.go"), inputs(t, "thriftidl/*.go")...) {
		file, err := parser.ParseFile(set, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Errorf" && sel.Sel.Name != "Warnf" && sel.Sel.Name != "duplicate" && sel.Sel.Name != "endless" {
				return true
			}
			for _, arg := range call.Args[:min(3, len(call.Args))] {
				lit, ok := arg.(*ast.BasicLit)
				if !ok {
					continue
				}
				if code, err := strconv.Unquote(lit.Value); err == nil && !strings.ContainsAny(code, " %`") {
					found[code] = set.Position(lit.Pos())
				}
			}
			return true
		})
	}
	if len(found) < 50 {
		t.Fatalf("found %d codes only", len(found))
	}
	return found
}

func inputs(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(names), err)
	}
	return names
}

// compile compiles a file of a folder and returns what is said about it, also
// rendered. Lines such as "// touch: Name" and "// input: file" in the file
// are options.
func compile(t *testing.T, dir, name string) (report.List, string) {
	t.Helper()
	root := os.DirFS(dir)
	o := pilota.Options{
		Inputs:      []string{name},
		IncludeDirs: []string{"search"},
		ReadFile:    func(name string) ([]byte, error) { return fs.ReadFile(root, name) },
	}
	o.Go.PackagePrefix = "example.com/gen"
	text, err := fs.ReadFile(root, name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "// touch: "); ok {
			o.Touch = append(o.Touch, strings.TrimSpace(name))
		}
		if name, ok := strings.CutPrefix(line, "// input: "); ok {
			o.Inputs = append(o.Inputs, strings.TrimSpace(name))
		}
	}
	files, list := pilota.Compile(o)
	if list.HasErrors() && files != nil {
		t.Errorf("got %d files with errors:\n%v", len(files), list)
	}
	var b strings.Builder
	if err := list.Render(&b, report.Style{}); err != nil {
		t.Fatal(err)
	}
	return list, b.String()
}

// golden compares got with a file, or writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant %s:\n%s", got, name, want)
	}
}
