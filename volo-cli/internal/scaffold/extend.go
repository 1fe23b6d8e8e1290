package scaffold

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/volo-go/volo/volo-cli/internal/stub"
)

// HandlerFolder is where a project has its handlers.
const HandlerFolder = "handler"

// An Extension is a handler with methods that it lacked.
type Extension struct {
	File    string   // as in Extend
	Methods []string // in the order of the IDL
	Text    []byte   // of the whole file
}

// Extend returns the handlers that lack methods of the project's services, with
// stubs of these appended. files are the Go files of the handlers' package,
// tests left out. What people wrote stays as it is, byte for byte if it was not
// formatted; nothing is ever removed.
//
// The handler of a service is the struct of its name, if that has one of the
// service's methods or stands where a new project has it. One that embeds
// others is left alone, as these may have the methods. An error says which
// file does not parse.
func (p *Project) Extend(files map[string][]byte) ([]Extension, error) {
	pkg := &handlers{set: token.NewFileSet(), files: make(map[string]*ast.File), taken: make(map[string]bool)}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := parser.ParseFile(pkg.set, name, files[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		pkg.add(name, f)
	}
	var all []Extension
	texts := maps.Clone(files)
	for _, s := range p.Services {
		name, missing := pkg.lacks(s)
		if len(missing.Methods) == 0 {
			continue
		}
		stubs, err := (page{Project: p, Service: missing}).render(name, p.template("handler"))
		if err != nil {
			return nil, err
		}
		text, err := pkg.extend(name, texts[name], stubs)
		if err != nil {
			return nil, err
		}
		e := Extension{File: name, Text: text}
		for _, m := range missing.Methods {
			e.Methods = append(e.Methods, m.Name)
		}
		// Two services in one file: the second extends what the first has made.
		if i := slices.IndexFunc(all, func(e Extension) bool { return e.File == name }); i >= 0 {
			all[i].Text, all[i].Methods = text, append(all[i].Methods, e.Methods...)
		} else {
			all = append(all, e)
		}
		texts[name] = text
	}
	return all, nil
}

// handlers is the package of the handlers.
type handlers struct {
	set   *token.FileSet
	files map[string]*ast.File
	taken map[string]bool // names that the package declares
	types []handler
	funcs []method
}

// A handler is a struct that may be one, and the file that declares it.
type handler struct {
	file, name string
	embeds     bool
}

// A method is a method of the package.
type method struct{ receiver, name string }

// add notes what a file declares.
func (h *handlers) add(name string, f *ast.File) {
	h.files[name] = f
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				h.taken[d.Name.Name] = true
			} else {
				h.funcs = append(h.funcs, method{stub.Receiver(d), d.Name.Name})
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					h.taken[s.Name.Name] = true
					if t, ok := s.Type.(*ast.StructType); ok {
						embeds := slices.ContainsFunc(t.Fields.List, func(f *ast.Field) bool { return len(f.Names) == 0 })
						h.types = append(h.types, handler{name, s.Name.Name, embeds})
					}
				case *ast.ValueSpec:
					for _, id := range s.Names {
						h.taken[id.Name] = true
					}
				}
			}
		}
	}
}

// lacks returns the file of a service's handler, and the service with only
// those methods that the handler does not have.
func (h *handlers) lacks(s *stub.Service) (file string, missing *stub.Service) {
	missing = new(stub.Service)
	i := slices.IndexFunc(h.types, func(t handler) bool { return t.name == s.Name })
	if i < 0 || h.types[i].embeds {
		return "", missing
	}
	*missing = *s
	missing.Methods = slices.DeleteFunc(slices.Clone(s.Methods), func(m stub.Method) bool {
		return slices.Contains(h.funcs, method{s.Name, m.Name})
	})
	file = h.types[i].file
	if len(missing.Methods) == len(s.Methods) && path.Base(file) != path.Base(handlerFile(s)) {
		missing.Methods = nil // a struct of the same name
	}
	return file, missing
}

// extend returns the text of a file with the methods of stubs, which is a file
// of its own, and with the imports that they need.
func (h *handlers) extend(name string, text, stubs []byte) ([]byte, error) {
	formatted, err := format.Source(text)
	tidy := err == nil && bytes.Equal(formatted, text)
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	from, err := parser.ParseFile(set, name, stubs, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	renamed, added := h.imports(file, from)
	var b bytes.Buffer
	b.Write(withImports(set, file, text, added))
	if !bytes.HasSuffix(text, []byte("\n")) {
		b.WriteByte('\n')
	}
	for _, d := range from.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			b.WriteByte('\n')
			b.Write(methodText(set, f, stubs, renamed))
			b.WriteByte('\n')
		}
	}
	if !tidy {
		return b.Bytes(), nil
	}
	return format.Source(b.Bytes())
}

// imports returns what the packages that stubs import are called in a file, by
// what the stubs call them, and the lines to add to its imports.
func (h *handlers) imports(file, from *ast.File) (renamed map[string]string, added []string) {
	renamed = make(map[string]string)
	taken := maps.Clone(h.taken)
	has := make(map[string]string) // names by paths
	for _, spec := range file.Imports {
		at, local := importOf(spec)
		taken[local] = true
		if local != "_" && local != "." {
			has[at] = local
		}
	}
	params := make(map[string]bool)
	ast.Inspect(from, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok {
			for _, id := range f.Names {
				params[id.Name] = true
			}
		}
		return true
	})
	for _, spec := range from.Imports {
		at, local := importOf(spec)
		if there, ok := has[at]; ok && !params[there] {
			renamed[local] = there
			continue
		}
		free := local
		for n := 2; taken[free] || params[free]; n++ {
			free = local + strconv.Itoa(n)
		}
		taken[free], renamed[local] = true, free
		line := strconv.Quote(at)
		if spec.Name != nil || free != local {
			line = free + " " + line
		}
		added = append(added, line)
	}
	return renamed, added
}

// importOf returns the path of an import and the name it has in the file.
func importOf(spec *ast.ImportSpec) (at, local string) {
	at, _ = strconv.Unquote(spec.Path.Value)
	if spec.Name != nil {
		return at, spec.Name.Name
	}
	return at, path.Base(at)
}

// withImports returns the text of a file with more imports.
func withImports(set *token.FileSet, file *ast.File, text []byte, added []string) []byte {
	if len(added) == 0 {
		return text
	}
	lines := "\t" + strings.Join(added, "\n\t") + "\n"
	at, insert := set.Position(file.Name.End()).Offset, "\n\nimport (\n"+lines+")"
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.IMPORT {
			continue
		}
		if !g.Lparen.IsValid() {
			at, insert = set.Position(g.End()).Offset, "\nimport (\n"+lines+")"
			continue
		}
		at, insert = set.Position(g.Rparen).Offset, lines
		if at > 0 && text[at-1] != '\n' {
			insert = "\n" + lines
		}
		break
	}
	return slices.Concat(text[:at], []byte(insert), text[at:])
}

// methodText returns the text of a method, its comment included, with other
// names for packages.
func methodText(set *token.FileSet, f *ast.FuncDecl, text []byte, renamed map[string]string) []byte {
	start := f.Pos()
	if f.Doc != nil {
		start = f.Doc.Pos()
	}
	var b bytes.Buffer
	at := set.Position(start).Offset
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := sel.X.(*ast.Ident)
		if to := ""; ok {
			if to = renamed[id.Name]; to != "" {
				b.Write(text[at:set.Position(id.Pos()).Offset])
				b.WriteString(to)
				at = set.Position(id.End()).Offset
			}
		}
		return true
	})
	b.Write(text[at:set.Position(f.End()).Offset])
	return b.Bytes()
}
