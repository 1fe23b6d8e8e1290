package migrate

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The kinds of projects.
const (
	Kitex = "kitex"
	GRPC  = "protoc-gen-go-grpc"
)

// A Project is a Go module that was made with another tool.
type Project struct {
	Kind   string // Kitex or GRPC
	Module string // module path

	fsys    fs.FS
	idls    []string // all .thrift and .proto files
	sources []string // that code of GRPC was generated from, by their names in it
	code    []string // Go files that people wrote
	stubs   map[string]bool
}

// header is how generated files of Go begin.
var header = regexp.MustCompile(`(?m)^// Code generated (.*) DO NOT EDIT\.$`)

// source is where generated code of Protobuf says what it was made from.
var source = regexp.MustCompile(`(?m)^// (?:- )?source: (\S+)$`)

// Find looks at a Go module. It returns nil if it was made with no tool that is
// known.
func Find(fsys fs.FS, module string) (*Project, error) {
	p := &Project{Module: module, fsys: fsys, stubs: make(map[string]bool)}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case d.IsDir():
			if name != "." && (base == "vendor" || base == "testdata" || base[0] == '.') {
				return fs.SkipDir
			}
		case base == "kitex_info.yaml" || strings.HasPrefix(name, "kitex_gen/"):
			p.Kind = Kitex
		}
		switch ext := path.Ext(name); {
		case d.IsDir():
		case ext == ".thrift" || ext == ".proto":
			p.idls = append(p.idls, name)
		case ext == ".go":
			return p.goFile(name)
		}
		return nil
	})
	if p.Kind == "" && len(p.sources) > 0 {
		p.Kind = GRPC
	}
	if err != nil || p.Kind == "" {
		return nil, err
	}
	return p, nil
}

// goFile notes what a Go file is.
func (p *Project) goFile(name string) error {
	text, err := fs.ReadFile(p.fsys, name)
	if err != nil {
		return err
	}
	m := header.FindSubmatch(text)
	switch {
	case m == nil && !strings.HasPrefix(name, "kitex_gen/"):
		p.code = append(p.code, name)
	case strings.HasPrefix(name, "kitex_gen/"):
		if strings.Contains(string(text), "func NewServer(") {
			p.stubs[path.Dir(name)] = true
		}
	case strings.HasSuffix(name, "_grpc.pb.go"):
		if s := source.FindSubmatch(text); s != nil && !slices.Contains(p.sources, string(s[1])) {
			p.sources = append(p.sources, string(s[1]))
		}
		p.stubs[path.Dir(name)] = true
	}
	return nil
}

// includes finds what a Thrift file includes, declares what it is to be a
// service.
var (
	includes = regexp.MustCompile(`(?m)^\s*(?:include|import(?: public)?)\s+["']([^"']+)["']`)
	declares = regexp.MustCompile(`(?m)^\s*service\s+\w`)
)

// IDLs returns the IDLs that have services, and the folders to look for
// includes in. What cannot be told an error lists.
func (p *Project) IDLs() (paths, dirs []string, err error) {
	if p.Kind == GRPC {
		return p.protos()
	}
	included := make(map[string]bool)
	var roots []string
	for _, name := range p.idls {
		text, err := fs.ReadFile(p.fsys, name)
		if err != nil {
			return nil, nil, err
		}
		for _, m := range includes.FindAllSubmatch(text, -1) {
			included[path.Join(path.Dir(name), string(m[1]))] = true
		}
		if declares.Match(text) {
			roots = append(roots, name)
		}
	}
	roots = slices.DeleteFunc(roots, func(name string) bool { return included[name] })
	switch len(roots) {
	case 0:
		return nil, nil, fmt.Errorf("no IDL with a service is in the project, and kitex_gen does not say where it is; copy it here, or name it: volo migrate <idl>")
	case 1:
		return roots, nil, nil
	}
	return nil, nil, fmt.Errorf("these IDLs have services: %s; name the one that the project is made from: volo migrate <idl>", strings.Join(roots, ", "))
}

// protos finds the .proto files by the names that generated code has of them,
// which begin at one of protoc's include folders.
func (p *Project) protos() (paths, dirs []string, err error) {
	for _, name := range p.sources {
		i := slices.IndexFunc(p.idls, func(at string) bool { return at == name || strings.HasSuffix(at, "/"+name) })
		if i < 0 {
			return nil, nil, fmt.Errorf("%s, from which there is generated code, is not in the project; copy it here, with what it imports", name)
		}
		paths = append(paths, p.idls[i])
		if dir := path.Clean(strings.TrimSuffix(p.idls[i], name)); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return paths, dirs, nil
}

// An importLine is an import of a Go file.
type importLine struct {
	path       string
	local      string
	start, end int // of the quoted path
	line       int
}

// imports returns the imports of a Go file that a person wrote.
func (p *Project) imports(name string) (text []byte, lines []importLine, f *ast.File, err error) {
	if text, err = fs.ReadFile(p.fsys, name); err != nil {
		return nil, nil, nil, err
	}
	set := token.NewFileSet()
	if f, err = parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution); err != nil {
		return nil, nil, nil, err
	}
	for _, spec := range f.Imports {
		at, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		l := importLine{path: at, local: path.Base(at), start: set.Position(spec.Path.Pos()).Offset, end: set.Position(spec.Path.End()).Offset, line: set.Position(spec.Pos()).Line}
		if spec.Name != nil {
			l.local = spec.Name.Name
		}
		lines = append(lines, l)
	}
	return text, lines, f, nil
}
