package gen

import (
	"fmt"

	"github.com/volo-go/volo/pilota/ir"
)

// A Plugin adds to what Generate writes. Embed [Nothing] to implement only
// some of the methods. Generate calls them in the order of the output, from
// one goroutine; whether the same input gives the same files is up to them.
type Plugin interface {
	// Field is called for each field of a struct, union or exception before
	// it is declared, and for the arguments and results of methods. It may
	// set struct tags.
	Field(f *Field) error

	// Struct is called after the methods of each struct, union and exception.
	// What it writes to w, methods for instance, goes to the same file.
	Struct(s *Struct, w *Writer) error

	// Package is called after everything else of a Go package of types. The
	// files that it returns are written to the package's folder as they are;
	// their paths are relative to it.
	Package(p *Package) ([]File, error)
}

// Nothing is a plugin that adds nothing.
type Nothing struct{}

// Field implements [Plugin].
func (Nothing) Field(*Field) error { return nil }

// Struct implements [Plugin].
func (Nothing) Struct(*Struct, *Writer) error { return nil }

// Package implements [Plugin].
func (Nothing) Package(*Package) ([]File, error) { return nil, nil }

// A Field is what plugins see of a field.
type Field struct {
	IR     *ir.Field
	GoName string
	GoType string // as the file of the struct writes it
	tags   *tagList
}

// SetTag sets a key of the struct tag; an empty value removes it. The
// annotation go.tag has the last word.
func (f *Field) SetTag(key, value string) { f.tags.set(key, value) }

// A Struct is what plugins see of a struct, union or exception.
type Struct struct {
	IR     *ir.Struct
	GoName string
	Fields []*Field
}

// A Package is what plugins see of a Go package of types.
type Package struct {
	Name  string
	Path  string // to import it by
	Files []*ir.File
}

// pluggedIn lets plugins add to a struct.
func (r *record) pluggedIn() error {
	for _, plugin := range r.g.opts.Plugins {
		s := &Struct{IR: r.s, GoName: r.name}
		for _, f := range r.s.Fields {
			s.Fields = append(s.Fields, &Field{IR: f, GoName: r.g.names[f], GoType: r.fieldType(f), tags: new(tagList)})
		}
		if err := plugin.Struct(s, r.Writer); err != nil {
			return fmt.Errorf("plugin %T: struct %s: %w", plugin, r.s.Name, err)
		}
	}
	return nil
}

func (g *generator) pluginPackage(pkg *goPackage) *Package {
	return &Package{Name: pkg.name, Path: pkg.path, Files: pkg.files}
}
