package gen

import (
	"path"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// A Split says how many Go files come of an IDL file.
type Split uint8

const (
	// SplitNone writes one file of types, and one of services.
	SplitNone Split = iota
	// SplitKinds writes a file each for constants, typedefs, enums, structs,
	// unions and exceptions.
	SplitKinds
	// SplitTypes writes a file for each enum, struct, union, exception and
	// service, one for constants and one for typedefs.
	SplitTypes
)

// A part is what goes into one Go file.
type part struct {
	name string // added to that of the IDL file, "" for nothing
	emit func(w *Writer) error
}

// typeParts cuts what an IDL file declares, apart from services.
func (g *generator) typeParts(f *ir.File) []part {
	if g.opts.Split == SplitNone {
		return []part{{"", func(w *Writer) error { return g.typesFile(w, f) }}}
	}
	parts := []part{
		{"constants", func(w *Writer) error { return g.typesFile(w, &ir.File{Constants: f.Constants}) }},
		{"typedefs", func(w *Writer) error { return g.typesFile(w, &ir.File{Typedefs: f.Typedefs}) }},
	}
	for _, e := range f.Enums {
		parts = g.addPart(parts, "enums", g.names[e], &ir.File{Enums: []*ir.Enum{e}})
	}
	kinds := map[ir.StructClass]string{ir.Union: "unions", ir.Exception: "exceptions", ir.Plain: "structs"}
	for _, s := range f.Structs {
		parts = g.addPart(parts, kinds[s.Class], g.names[s], &ir.File{Structs: []*ir.Struct{s}})
	}
	return parts
}

// addPart adds a declaration: to the part of its kind, or as a part of its own.
func (g *generator) addPart(parts []part, kind, name string, f *ir.File) []part {
	emit := func(w *Writer) error { return g.typesFile(w, f) }
	if g.opts.Split == SplitTypes {
		return append(parts, part{snake(name), emit})
	}
	for i, p := range parts {
		if p.name == kind {
			parts[i].emit = func(w *Writer) error {
				if err := p.emit(w); err != nil {
					return err
				}
				return emit(w)
			}
			return parts
		}
	}
	return append(parts, part{kind, emit})
}

// stubParts cuts the services of an IDL file.
func (g *generator) stubParts(f *ir.File) []part {
	if g.opts.Split != SplitTypes {
		return []part{{"", func(w *Writer) error { return g.stubsFile(w, f) }}}
	}
	var parts []part
	for _, s := range f.Services {
		parts = append(parts, part{snake(g.names[s]), func(w *Writer) error {
			return g.stubsFile(w, &ir.File{Services: []*ir.Service{s}})
		}})
	}
	return parts
}

// split writes the parts of an IDL file, each into a file of its own. taken
// are the names of files that the folder has already, without .go.
func (g *generator) split(pkg *goPackage, stubs bool, base string, parts []part, taken *[]string) error {
	dir := pkg.dir
	if stubs {
		dir = path.Join(dir, pkg.stubName())
	}
	for _, p := range parts {
		name := base
		if p.name != "" {
			name = fileName(base+"_"+p.name, *taken)
		}
		before := len(g.files)
		if err := g.emit(g.newWriter(pkg, stubs), path.Join(dir, name+".go"), p.emit); err != nil {
			return err
		}
		if len(g.files) > before {
			*taken = append(*taken, name)
		}
	}
	return nil
}

// snake writes a Go name in small letters, words apart.
func snake(name string) string {
	return strings.ToLower(strings.Join(splitWords(name), "_"))
}
