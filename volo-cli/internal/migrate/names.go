package migrate

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/ir"
)

// hump is a word in a name.
var hump = regexp.MustCompile(`[A-Z]+[a-z]*|[a-z]+`)

// Namings returns the words that kitex spells as other words and Volo in
// capitals, such as Id, as far as types, fields and methods have them in their
// names: special_namings of them leaves those names as they are.
func Namings(p *ir.Program) (found []string) {
	note := func(name string) {
		for _, word := range hump.FindAllString(name, -1) {
			title := strings.ToUpper(word[:1]) + strings.ToLower(word[1:])
			if gen.IsInitialism(word) && word != strings.ToUpper(word) && !slices.Contains(found, title) {
				found = append(found, title)
			}
		}
	}
	for _, f := range p.Files {
		for _, s := range f.Structs {
			note(s.Name)
			for _, field := range s.Fields {
				note(field.Name)
			}
		}
		for _, e := range f.Enums {
			note(e.Name)
		}
		for _, t := range f.Typedefs {
			note(t.Name)
		}
		for _, s := range f.Services {
			note(s.Name)
			for _, m := range s.Methods {
				note(m.Name)
			}
		}
	}
	slices.Sort(found)
	return found
}

// A declared is what a package of generated messages declares.
type declared struct {
	names  map[string]bool
	near   map[string]string // the only name that differs by case and underscores
	fields map[string]bool   // of its structs
}

// plainly returns a name without what tools spell differently.
func plainly(name string) string { return strings.ToLower(strings.ReplaceAll(name, "_", "")) }

// messagesIn reads what the generated files of a folder declare.
func messagesIn(folder string, generated map[string][]byte) declared {
	d := declared{map[string]bool{}, map[string]string{}, map[string]bool{}}
	for name, text := range generated {
		if path.Dir(name) != folder {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Recv == nil {
					d.add(decl.Name.Name)
				}
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					d.spec(spec)
				}
			}
		}
	}
	return d
}

func (d *declared) spec(spec ast.Spec) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		for _, id := range spec.Names {
			d.add(id.Name)
		}
	case *ast.TypeSpec:
		d.add(spec.Name.Name)
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				for _, id := range f.Names {
					d.fields[id.Name] = true
				}
			}
		}
	}
}

func (d *declared) add(name string) {
	d.names[name] = true
	if _, twice := d.near[plainly(name)]; twice {
		name = ""
	}
	d.near[plainly(name)] = name
}

// An edit replaces a part of a file.
type edit struct {
	start, end int
	text       string
}

// apply makes the edits, which do not overlap.
func apply(text []byte, edits []edit) []byte {
	slices.SortFunc(edits, func(a, b edit) int { return b.start - a.start })
	for _, e := range edits {
		text = slices.Concat(text[:e.start], []byte(e.text), text[e.end:])
	}
	return text
}

// named finds what a Go file calls by names that kitex gives, by the local names
// of packages of messages: it changes what has one other name, and lists the
// rest.
func named(file string, text []byte, f *ast.File, packages map[string]declared) (edits []edit, left []Todo) {
	line := func(at token.Pos) int { return 1 + bytes.Count(text[:at-f.FileStart], []byte("\n")) }
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		x, _ := sel.X.(*ast.Ident)
		name, start := sel.Sel.Name, int(sel.Sel.Pos()-f.FileStart)
		if x != nil && packages[x.Name].names != nil {
			d := packages[x.Name]
			switch to := d.near[plainly(name)]; {
			case d.names[name]:
			case to != "":
				edits = append(edits, edit{start, start + len(name), to})
			default:
				left = append(left, Todo{file, line(sel.Pos()), fmt.Sprintf("%s.%s: Volo generates nothing of that name", x.Name, name)})
			}
			return true
		}
		for _, d := range packages {
			for _, prefix := range []string{"IsSet", "Set"} {
				if field, ok := strings.CutPrefix(name, prefix); ok && d.fields[field] && !d.fields[name] {
					left = append(left, Todo{file, line(sel.Pos()), fmt.Sprintf("%s: structs of Volo have no setters; use the field %s", name, field)})
					return true
				}
			}
		}
		return true
	})
	return edits, left
}
