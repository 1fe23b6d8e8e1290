package gen

import (
	"slices"

	"github.com/volo-go/volo/pilota/ir"
)

// Copies of a definition that Options.Dedups names, in later files of the same
// Go package, are twins of the first: they have its Go name and are not
// written. What a copy refers to must be what the first refers to, or a twin
// of that; so it takes as many rounds as definitions depend on each other.

// dedup finds the twins of a package.
func (g *generator) dedup(pkg *goPackage) {
	for found := -1; found != len(g.twin); {
		found = len(g.twin)
		for _, name := range g.opts.Dedups {
			for i, f := range pkg.files {
				for _, earlier := range pkg.files[:i] {
					twins(g, name, earlier.Enums, f.Enums, func(e *ir.Enum) *ir.Decl { return &e.Decl }, sameEnum)
					twins(g, name, earlier.Structs, f.Structs, func(s *ir.Struct) *ir.Decl { return &s.Decl }, g.sameStruct)
					twins(g, name, earlier.Typedefs, f.Typedefs, func(t *ir.Typedef) *ir.Decl { return &t.Decl }, func(a, b *ir.Typedef) bool {
						return g.equalTypes(a.Type, b.Type)
					})
					twins(g, name, earlier.Constants, f.Constants, func(c *ir.Constant) *ir.Decl { return &c.Decl }, func(a, b *ir.Constant) bool {
						return g.equalTypes(a.Type, b.Type) && equalValues(a.Value, b.Value)
					})
				}
			}
		}
	}
}

// twins notes which definition of second is the copy of one of first.
func twins[T comparable](g *generator, name string, first, second []T, decl func(T) *ir.Decl, same func(a, b T) bool) {
	for _, b := range second {
		for _, a := range first {
			if decl(a).Name == name && decl(b).Name == name && !g.isTwin(a) && !g.isTwin(b) && same(a, b) {
				g.twin[b] = a
			}
		}
	}
}

// isTwin tells whether a definition is written under another.
func (g *generator) isTwin(d any) bool { return g.twin[d] != nil }

func sameEnum(a, b *ir.Enum) bool {
	return a.Strings == b.Strings && slices.Equal(a.Names, b.Names) &&
		slices.EqualFunc(a.Values, b.Values, func(a, b *ir.EnumValue) bool { return a.Name == b.Name && a.Number == b.Number })
}

func (g *generator) sameStruct(a, b *ir.Struct) bool {
	// A struct that holds itself is compared on the assumption that it is a
	// twin.
	g.twin[b] = a
	defer delete(g.twin, b)
	return a.Class == b.Class && sameAnnotations(a.Annotations, b.Annotations) && slices.EqualFunc(a.Fields, b.Fields, func(a, b *ir.Field) bool {
		return a.Name == b.Name && a.ID == b.ID && a.Requiredness == b.Requiredness && sameAnnotations(a.Annotations, b.Annotations) &&
			g.equalTypes(a.Type, b.Type) && equalValues(a.Value, b.Value)
	})
}

func sameAnnotations(a, b ir.Annotations) bool {
	return slices.EqualFunc(a, b, func(a, b ir.Annotation) bool { return a.Key == b.Key && a.Value == b.Value })
}

// equalTypes tells whether two types are one in Go.
func (g *generator) equalTypes(a, b *ir.Type) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind != b.Kind || !g.equalTypes(a.Key, b.Key) || !g.equalTypes(a.Elem, b.Elem) {
		return false
	}
	switch a.Kind {
	case ir.EnumKind:
		return a.Enum == b.Enum || g.twin[b.Enum] == any(a.Enum)
	case ir.StructKind:
		return a.Struct == b.Struct || g.twin[b.Struct] == any(a.Struct)
	case ir.TypedefKind:
		return a.Typedef == b.Typedef || g.twin[b.Typedef] == any(a.Typedef)
	}
	return true
}

func equalValues(a, b *ir.Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.Bool == b.Bool && a.Int == b.Int && a.Double == b.Double && a.String == b.String &&
		slices.EqualFunc(a.List, b.List, equalValues) &&
		slices.EqualFunc(a.Map, b.Map, func(a, b ir.MapEntry) bool { return equalValues(a.Key, b.Key) && equalValues(a.Value, b.Value) }) &&
		slices.EqualFunc(a.Fields, b.Fields, func(a, b ir.FieldValue) bool {
			return a.Field.ID == b.Field.ID && equalValues(a.Value, b.Value)
		})
}
