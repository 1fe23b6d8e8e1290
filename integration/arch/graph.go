package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Prefix is what the import paths of Volo begin with. Rules leave it out.
const Prefix = "github.com/volo-go/volo/"

// A Package is a node of the import graph.
type Package struct {
	Path        string   // "fmt", "motore/rpc" (ours, without Prefix), "golang.org/x/sys/unix"
	Ours        bool     // it is part of Volo
	Module      string   // of third-party code; empty for ours and the standard library
	Imports     []string // by Path
	TestImports []string // of its tests, black-box ones included; only of ours
	Generated   bool     // every file was written by a generator
}

// A Graph holds packages by path.
type Graph map[string]*Package

// Load reads the graph of every package of Volo, in all its modules, seen from
// dir.
func Load(dir string) (Graph, error) {
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,Standard,Module,Imports,TestImports,XTestImports,GoFiles", Prefix+"...")
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("arch: go list: %w\n%s", err, &stderr)
	}
	g := make(Graph)
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		switch err := dec.Decode(&l); {
		case errors.Is(err, io.EOF):
			return g, nil
		case err != nil:
			return nil, fmt.Errorf("arch: go list: %w", err)
		}
		p := l.node()
		g[p.Path] = p
	}
}

// listed is a package as go list shows it.
type listed struct {
	ImportPath, Dir                    string
	Standard                           bool
	Module                             *struct{ Path string }
	Imports, TestImports, XTestImports []string
	GoFiles                            []string
}

func (l *listed) node() *Package {
	p := &Package{Path: l.ImportPath, Imports: short(l.Imports)}
	switch rest, ours := strings.CutPrefix(l.ImportPath, Prefix); {
	case ours:
		p.Path, p.Ours = rest, true
		p.TestImports = short(append(l.TestImports, l.XTestImports...))
		p.Generated = len(l.GoFiles) > 0 && !slices.ContainsFunc(l.GoFiles, func(name string) bool {
			return !generated(filepath.Join(l.Dir, name))
		})
	case !l.Standard && l.Module != nil:
		p.Module = l.Module.Path
	}
	return p
}

// short leaves Prefix out of import paths, and "C".
func short(imports []string) []string {
	var out []string
	for _, imp := range imports {
		if imp != "C" {
			out = append(out, strings.TrimPrefix(imp, Prefix))
		}
	}
	return out
}

// generated reports whether a file begins as generated Go does.
func generated(name string) bool {
	text, err := os.ReadFile(name)
	if err != nil {
		return false
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.HasPrefix(line, "// Code generated ") && strings.HasSuffix(line, " DO NOT EDIT.")
}
