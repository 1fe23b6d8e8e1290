package lower

import (
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// resolve gives every definition its types. A type that cannot be resolved is
// nil.
func (r *run) resolve() {
	for _, u := range r.units {
		next := cursor{file: u.ir}
		for _, n := range u.tree.Nodes {
			switch n := n.(type) {
			case *thriftidl.Const:
				next.constant().Type = r.typ(u, n.Type)
			case *thriftidl.Typedef:
				next.typedef().Type = r.typ(u, n.Type)
			case *thriftidl.Struct:
				s := next.structure()
				s.Fields = r.fields(u, s, n.Fields)
			case *thriftidl.Service:
				r.service(u, next.service(), n)
			}
		}
	}
}

// A cursor pairs the definitions of a file, which are in the order of the
// source by kind, with their syntax.
type cursor struct {
	file                                   *ir.File
	constants, typedefs, structs, services int
}

func (c *cursor) constant() *ir.Constant {
	c.constants++
	return c.file.Constants[c.constants-1]
}

func (c *cursor) typedef() *ir.Typedef {
	c.typedefs++
	return c.file.Typedefs[c.typedefs-1]
}

func (c *cursor) structure() *ir.Struct {
	c.structs++
	return c.file.Structs[c.structs-1]
}

func (c *cursor) service() *ir.Service {
	c.services++
	return c.file.Services[c.services-1]
}

// baseKinds are the types that need no definition.
var baseKinds = map[string]ir.Kind{
	"bool": ir.Bool, "byte": ir.I8, "i8": ir.I8, "i16": ir.I16, "i32": ir.I32, "i64": ir.I64,
	"double": ir.Double, "string": ir.String, "binary": ir.Binary, "uuid": ir.UUID,
	"list": ir.List, "set": ir.Set, "map": ir.Map,
}

// typ resolves a type that is not void.
func (r *run) typ(u *unit, n *thriftidl.Type) *ir.Type {
	t := &ir.Type{Annotations: annotations(n.Annotations), Span: n.Span}
	if kind, ok := baseKinds[n.Name.Name]; ok {
		t.Kind = kind
		if n.Key != nil {
			t.Key = r.typ(u, n.Key)
		}
		if n.Elem != nil {
			t.Elem = r.typ(u, n.Elem)
		}
		if kind == ir.Map && t.Key == nil || kind >= ir.List && kind <= ir.Map && t.Elem == nil {
			return nil
		}
		return t
	}
	if n.Name.Name == "void" {
		r.list.Errorf("void-type", n.Name.Span, "`void` is not a type of values").
			Hint("only a function can be void")
		return nil
	}
	return r.named(u, n, t)
}

// named completes t with what the name of n stands for.
func (r *run) named(u *unit, n *thriftidl.Type, t *ir.Type) *ir.Type {
	s := r.lookup(u, n.Name, typesOf)
	switch {
	case s == nil && n.Name.Name == "slist":
		r.list.Warnf("deprecated-syntax", n.Name.Span, "`slist` is an old form").Hint("write `string`")
		t.Kind = ir.String
	case s == nil:
		r.noType(u, n.Name)
		return nil
	case s.service != nil:
		r.list.Errorf("not-a-type", n.Name.Span, "`%s` is a service, not a type", n.Name.Name).
			Relate(s.service.Span, "defined here")
		return nil
	case s.typedef != nil:
		t.Kind, t.Typedef = ir.TypedefKind, s.typedef
	case s.strct != nil:
		t.Kind, t.Struct = ir.StructKind, s.strct
	case s.enum.Strings:
		t.Kind, t.Enum = ir.String, s.enum
	default:
		t.Kind, t.Enum = ir.EnumKind, s.enum
	}
	return t
}

// noType complains about a name that is not that of a type.
func (r *run) noType(u *unit, name thriftidl.Ident) {
	if s := r.lookup(u, name, constsOf); s != nil {
		r.list.Errorf("not-a-type", name.Span, "`%s` is a constant, not a type", name.Name).
			Relate(s.value.Span, "defined here")
		return
	}
	if v := r.enumValue(u, name); v != nil {
		r.list.Errorf("not-a-type", name.Span, "`%s` is an enum value, not a type", name.Name).
			Relate(v.Span, "defined here").Hint("the type is `%s`", v.Enum.Name)
		return
	}
	r.unresolved(&r.list, u, name, "type", func(u *unit) []string {
		return append(names(u.types, func(s *symbol) bool { return s.service == nil }), baseNames...)
	})
}

// baseNames are suggested for misspelt types.
var baseNames = []string{"bool", "i8", "i16", "i32", "i64", "double", "string", "binary", "uuid", "list", "set", "map"}

// fields lowers the fields of s. Default values wait until all types are
// known.
func (r *run) fields(u *unit, s *ir.Struct, list thriftidl.FieldList) []*ir.Field {
	var fields []*ir.Field
	for _, n := range list.List {
		f := &ir.Field{
			Decl:   u.decl(n.Name, n.MemberDoc(), n.Annotations),
			ID:     int16(n.Number),
			Type:   r.typ(u, n.Type),
			Struct: s,
		}
		f.Tags = r.tags(f.Annotations)
		switch n.Requiredness.Name {
		case "required":
			f.Requiredness = ir.Required
		case "optional":
			f.Requiredness = ir.Optional
		}
		if s.Class == ir.Union {
			f.Requiredness = ir.Optional
		}
		if n.Default != nil {
			u.fields = append(u.fields, pendingField{n, f})
			r.defaulted[f] = true
		}
		fields = append(fields, f)
	}
	return fields
}

// service lowers a service: what it extends, and its methods with their
// arguments and results as structs.
func (r *run) service(u *unit, s *ir.Service, n *thriftidl.Service) {
	if n.Extends != nil {
		s.Extends = r.extended(u, *n.Extends)
	}
	for _, fn := range n.Functions {
		s.Methods = append(s.Methods, r.method(u, s, fn))
	}
}

func (r *run) extended(u *unit, name thriftidl.Ident) *ir.Service {
	s := r.lookup(u, name, typesOf)
	if s == nil {
		r.unresolved(&r.list, u, name, "service", func(u *unit) []string {
			return names(u.types, func(s *symbol) bool { return s.service != nil })
		})
		return nil
	}
	if s.service == nil {
		r.list.Errorf("not-a-service", name.Span, "`%s` is %s, not a service", name.Name, s).
			Relate(s.decl().Span, "defined here")
	}
	return s.service
}

func (r *run) method(u *unit, s *ir.Service, n *thriftidl.Function) *ir.Method {
	m := &ir.Method{
		Decl:    u.decl(n.Name, n.MemberDoc(), n.Annotations),
		Service: s,
		Oneway:  n.Oneway.Name != "",
	}
	if n.Type.Name.Name != "void" {
		m.Type = r.typ(u, n.Type)
	}
	m.Arguments = synthetic(m, "_args", ir.Arguments)
	m.Arguments.Fields = r.fields(u, m.Arguments, n.Args)
	for _, f := range m.Arguments.Fields {
		if f.Requiredness == ir.Optional {
			f.Requiredness = ir.Default // as Apache does
		}
	}
	result := synthetic(m, "_result", ir.Result)
	if n.Throws != nil {
		m.Throws = r.fields(u, result, *n.Throws)
	}
	for _, f := range m.Throws {
		f.Requiredness = ir.Optional
	}
	for _, an := range m.Annotations {
		if an.Key == "streaming.mode" && an.Value != "unary" {
			r.list.Warnf("no-streaming", an.Span, "method `%s` does not stream", m.Name).
				Hint("streams over Thrift are not there yet; it becomes a unary method")
		}
	}
	if m.Oneway {
		return m
	}
	if m.Type != nil {
		success := &ir.Field{
			Decl:         ir.Decl{Name: "success", File: u.ir, Span: n.Type.Span},
			Type:         m.Type,
			Requiredness: ir.Optional,
			Struct:       result,
		}
		result.Fields = append(result.Fields, success)
	}
	result.Fields = append(result.Fields, m.Throws...)
	m.Result = result
	return m
}

// synthetic returns the struct that travels for a method.
func synthetic(m *ir.Method, suffix string, class ir.StructClass) *ir.Struct {
	return &ir.Struct{Decl: ir.Decl{Name: m.Name + suffix, File: m.File, Span: m.Span}, Class: class}
}
