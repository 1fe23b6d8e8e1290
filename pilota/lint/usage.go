package lint

import (
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// usage knows the files of which something is used.
type usage map[*ir.File]bool

func (u usage) file(f *ir.File) {
	for _, d := range f.Typedefs {
		u.typ(d.Type)
	}
	for _, d := range f.Constants {
		u.typ(d.Type)
		u.value(d.Value)
	}
	for _, d := range f.Structs {
		u.fields(d)
	}
	for _, s := range f.Services {
		if s.Extends != nil {
			u[s.Extends.File] = true
		}
		for _, m := range s.Methods {
			u.typ(m.Type)
			u.fields(m.Arguments)
			for _, x := range m.Throws {
				u.typ(x.Type)
			}
		}
	}
}

func (u usage) fields(s *ir.Struct) {
	for _, f := range s.Fields {
		u.typ(f.Type)
		u.value(f.Value)
	}
}

func (u usage) typ(t *ir.Type) {
	if t == nil {
		return
	}
	switch {
	case t.Kind == ir.TypedefKind:
		u[t.Typedef.File] = true
	case t.Enum != nil:
		u[t.Enum.File] = true
	case t.Kind == ir.StructKind:
		u[t.Struct.File] = true
	}
	u.typ(t.Key)
	u.typ(t.Elem)
}

func (u usage) value(v *ir.Value) {
	switch {
	case v == nil:
		return
	case v.Constant != nil:
		u[v.Constant.File] = true
		return
	case v.Enum != nil:
		u[v.Enum.File] = true
	}
	for _, e := range v.List {
		u.value(e)
	}
	for _, e := range v.Map {
		u.value(e.Key)
		u.value(e.Value)
	}
	for _, e := range v.Fields {
		u.value(e.Value)
	}
}

// first returns the place of the first word of a file.
func first(tree *thriftidl.File) source.Span {
	span := source.Span{File: tree.Source}
	switch n := tree.Nodes[0].(type) {
	case *thriftidl.Include:
		span = n.Span
	case *thriftidl.Namespace:
		span = n.Span
	case *thriftidl.Const:
		span = n.Name.Span
	case *thriftidl.Typedef:
		span = n.Name.Span
	case *thriftidl.Enum:
		span = n.Name.Span
	case *thriftidl.Senum:
		span = n.Name.Span
	case *thriftidl.Struct:
		span = n.Name.Span
	case *thriftidl.Service:
		span = n.Name.Span
	}
	return span
}
