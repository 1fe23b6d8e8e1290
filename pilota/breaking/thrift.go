package breaking

import (
	"maps"
	"slices"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/source"
)

// Thrift compares two states of Thrift files, each lowered with everything
// kept. Files are found again by name; old ones are shown as "name@against".
func Thrift(before, now *ir.Program, against string) []Finding {
	t := thrift{newComparison(against), map[string][]*ir.File{}}
	files := map[string]*ir.File{}
	for _, f := range now.Files {
		files[f.Source.Name] = f
		for name := range declared(f) {
			t.homes[name] = append(t.homes[name], f)
		}
	}
	for _, old := range before.Files {
		f := files[old.Source.Name]
		if f == nil {
			t.add("file-removed", source.Span{}, source.Span{File: old.Source}, "file `%s` is gone", old.Source.Name)
			continue
		}
		t.file(old, f)
	}
	return t.sorted()
}

type thrift struct {
	*comparison
	homes map[string][]*ir.File // the files that declare a name
}

// declared returns what a file declares, by name.
func declared(f *ir.File) map[string]any {
	all := map[string]any{}
	for _, d := range f.Typedefs {
		all[d.Name] = d
	}
	for _, d := range f.Constants {
		all[d.Name] = d
	}
	for _, d := range f.Enums {
		all[d.Name] = d
	}
	for _, d := range f.Structs {
		all[d.Name] = d
	}
	for _, d := range f.Services {
		all[d.Name] = d
	}
	return all
}

func (t *thrift) file(old, f *ir.File) {
	for _, scope := range slices.Sorted(maps.Keys(old.Namespaces)) {
		if a, b := old.Namespaces[scope], f.Namespaces[scope]; a != b {
			t.add("namespace-changed", source.Span{File: f.Source}, source.Span{}, "the namespace for `%s` is `%s`, was `%s`", scope, b, a)
		}
	}
	all := declared(f)
	for _, d := range old.Typedefs {
		if n, ok := found[*ir.Typedef](t, all, &d.Decl, "type"); ok {
			t.typ("the type `"+d.Name+"`", d.Type, n.Type, d.Span, n.Span)
		}
	}
	for _, d := range old.Constants {
		n, ok := all[d.Name].(*ir.Constant)
		if !ok {
			t.add("constant-removed", source.Span{}, d.Span, "constant `%s` is gone", d.Name)
		} else if !equal(d.Value, n.Value) {
			t.add("constant-changed", n.Span, d.Span, "constant `%s` has another value", d.Name)
		}
	}
	for _, d := range old.Enums {
		if n, ok := found[*ir.Enum](t, all, &d.Decl, "enum"); ok {
			t.enum(d, n)
		}
	}
	for _, d := range old.Structs {
		n, ok := found[*ir.Struct](t, all, &d.Decl, "type")
		if !ok {
			continue
		}
		if d.Class != n.Class {
			t.add("type-kind-changed", n.Span, d.Span, "`%s` is %s, was %s", d.Name, classes[n.Class], classes[d.Class])
		}
		t.fields(d, n, "field", "`"+d.Name+".")
	}
	for _, d := range old.Services {
		n, ok := all[d.Name].(*ir.Service)
		if !ok {
			t.add("service-removed", source.Span{}, d.Span, "service `%s` is gone", d.Name)
			continue
		}
		t.service(d, n)
	}
}

var classes = map[ir.StructClass]string{ir.Plain: "a struct", ir.Union: "a union", ir.Exception: "an exception"}

// found returns the declaration that d has become.
func found[D any](t *thrift, all map[string]any, d *ir.Decl, what string) (D, bool) {
	n, ok := all[d.Name].(D)
	if ok {
		return n, true
	}
	if other, ok := all[d.Name]; ok {
		t.add("type-kind-changed", decl(other).Span, d.Span, "%s `%s` is something else now", what, d.Name)
		return n, false
	}
	for _, home := range t.homes[d.Name] {
		other := declared(home)[d.Name]
		if n, ok := other.(D); ok {
			t.add("type-moved", decl(other).Span, d.Span, "%s `%s` has moved to `%s`", what, d.Name, home.Source.Name)
			return n, true
		}
	}
	t.add("type-removed", source.Span{}, d.Span, "%s `%s` is gone", what, d.Name)
	return n, false
}

func decl(d any) *ir.Decl {
	switch d := d.(type) {
	case *ir.Typedef:
		return &d.Decl
	case *ir.Constant:
		return &d.Decl
	case *ir.Enum:
		return &d.Decl
	case *ir.Struct:
		return &d.Decl
	case *ir.Service:
		return &d.Decl
	}
	return &ir.Decl{}
}

func (t *thrift) enum(old, e *ir.Enum) {
	byName, byNumber := map[string]*ir.EnumValue{}, map[int32]*ir.EnumValue{}
	for _, v := range e.Values {
		byName[v.Name], byNumber[v.Number] = v, v
	}
	for _, v := range old.Values {
		switch same, renamed := byName[v.Name], byNumber[v.Number]; {
		case same != nil && same.Number != v.Number:
			t.add("enum-value-renumbered", same.Span, v.Span, "`%s.%s` is %d, was %d", e.Name, v.Name, same.Number, v.Number)
		case same != nil:
		case renamed != nil:
			t.add("enum-value-renamed", renamed.Span, v.Span, "`%s.%s` was called `%s`", e.Name, renamed.Name, v.Name)
		default:
			t.add("enum-value-removed-without-reservation", e.Span, v.Span, "`%s.%s`, %d, is gone", e.Name, v.Name, v.Number)
		}
	}
}

// fields compares the members of two structs; what and within are words for
// messages.
func (t *thrift) fields(old, s *ir.Struct, what, within string) {
	byName, byID := map[string]*ir.Field{}, map[int16]*ir.Field{}
	known := map[int16]bool{}
	for _, f := range s.Fields {
		byName[f.Name], byID[f.ID] = f, f
	}
	for _, f := range old.Fields {
		known[f.ID] = true
		switch n, same := byID[f.ID], byName[f.Name]; {
		case n != nil:
			if n.Name != f.Name {
				t.add("field-renamed", n.Span, f.Span, "%s %s%s` was called `%s`", what, within, n.Name, f.Name)
			}
			t.field(f, n, within)
		case same != nil:
			known[same.ID] = true
			t.add("field-number-changed", same.Span, f.Span, "%s %s%s` has id %d, had %d", what, within, f.Name, same.ID, f.ID)
		case f.Requiredness == ir.Required:
			t.add("required-field-removed", s.Span, f.Span, "required %s %s%s` is gone", what, within, f.Name)
		case old.Class == ir.Union:
			t.add("union-member-removed", s.Span, f.Span, "member %s%s` of a union is gone", within, f.Name)
		default:
			t.add("field-removed", s.Span, f.Span, "%s %s%s`, %d, is gone", what, within, f.Name, f.ID)
		}
	}
	for _, f := range s.Fields {
		if f.Requiredness == ir.Required && !known[f.ID] {
			t.add("required-field-added", f.Span, source.Span{}, "required %s %s%s` is new", what, within, f.Name)
		}
	}
}

func (t *thrift) field(old, f *ir.Field, within string) {
	t.typ(within+f.Name+"`", old.Type, f.Type, old.Span, f.Span)
	words := map[ir.Requiredness]string{ir.Default: "neither required nor optional", ir.Required: "required", ir.Optional: "optional"}
	if old.Requiredness != f.Requiredness {
		rule := "field-source-type-changed"
		if old.Requiredness == ir.Required || f.Requiredness == ir.Required {
			rule = "required-changed"
		}
		t.add(rule, f.Span, old.Span, "%s%s` is %s, was %s", within, f.Name, words[f.Requiredness], words[old.Requiredness])
	}
	if !equal(old.Value, f.Value) {
		t.add("default-changed", f.Span, old.Span, "%s%s` has another default value", within, f.Name)
	}
}

func (t *thrift) service(old, s *ir.Service) {
	if a, b := parent(old), parent(s); a != b && a != "" {
		t.add("service-parent-changed", s.Span, old.Span, "service `%s` no longer extends `%s`", s.Name, a)
	}
	methods := map[string]*ir.Method{}
	for _, m := range s.AllMethods() {
		methods[m.Name] = m
	}
	for _, m := range old.AllMethods() {
		n := methods[m.Name]
		switch {
		case n == nil && (m.Service == old || old.Extends != nil && parent(s) != parent(old)):
			t.add("method-removed", s.Span, m.Span, "method `%s.%s` is gone", s.Name, m.Name)
		case n != nil && m.Service == old: // what is inherited is compared where it is declared
			t.method(m, n)
		}
	}
}

func parent(s *ir.Service) string {
	if s.Extends == nil {
		return ""
	}
	return s.Extends.Name
}

func (t *thrift) method(old, m *ir.Method) {
	within := "`" + m.Service.Name + "." + m.Name
	if old.Oneway != m.Oneway {
		t.add("method-oneway-changed", m.Span, old.Span, "method %s` is oneway on one side only", within)
	}
	t.fields(old.Arguments, m.Arguments, "argument", within+".")
	switch {
	case old.Type == nil && m.Type == nil:
	case old.Type == nil || m.Type == nil:
		if !old.Oneway && !m.Oneway {
			t.add("method-type-changed", m.Span, old.Span, "method %s` returns something on one side only", within)
		}
	default:
		t.typ("the result of "+within+"`", old.Type, m.Type, old.Span, m.Span)
	}
	t.throws(old, m, within)
}

func (t *thrift) throws(old, m *ir.Method, within string) {
	before, now := map[int16]*ir.Field{}, map[int16]*ir.Field{}
	for _, f := range old.Throws {
		before[f.ID] = f
	}
	for _, f := range m.Throws {
		now[f.ID] = f
		if before[f.ID] == nil {
			t.add("exception-added", f.Span, old.Span, "method %s` throws `%s`, did not", within, f.Type.Underlying().Struct.Name)
		}
	}
	for _, f := range old.Throws {
		if n := now[f.ID]; n != nil {
			t.typ("exception "+within+"."+n.Name+"`", f.Type, n.Type, f.Span, n.Span)
		} else {
			t.add("exception-removed", m.Span, f.Span, "method %s` no longer throws `%s`", within, f.Type.Underlying().Struct.Name)
		}
	}
}

// typ compares types: how they are written, how they look in JSON, and what
// they are called.
func (t *thrift) typ(what string, old, now *ir.Type, before, at source.Span) {
	a, b := spell(old, wireWords), spell(now, wireWords)
	if a != b {
		is, was := apart(now, old)
		t.add("field-type-changed", at, before, "%s is a `%s`, was a `%s`", what, is, was)
		return
	}
	if spell(old, jsonWords) != spell(now, jsonWords) {
		is, was := apart(now, old)
		t.add("field-json-type-changed", at, before, "%s is a `%s`, was a `%s`", what, is, was)
		return
	}
	if a, b := spell(old, names), spell(now, names); a != b {
		t.add("field-source-type-changed", at, before, "%s is a `%s`, was a `%s`", what, b, a)
	}
}

// apart writes two types as the source has them, and what they stand for if
// that looks alike.
func apart(a, b *ir.Type) (string, string) {
	if x, y := spell(a, names), spell(b, names); x != y {
		return x, y
	}
	return spell(a, jsonWords), spell(b, jsonWords)
}

// spell writes a type with the words of one view of it.
func spell(t *ir.Type, word func(*ir.Type) string) string {
	if w := word(t); w != "" {
		return w
	}
	u := t.Underlying()
	switch u.Kind {
	case ir.List:
		return "list<" + spell(u.Elem, word) + ">"
	case ir.Set:
		return "set<" + spell(u.Elem, word) + ">"
	case ir.Map:
		return "map<" + spell(u.Key, word) + ", " + spell(u.Elem, word) + ">"
	}
	return kinds[u.Kind]
}

var kinds = map[ir.Kind]string{
	ir.Bool: "bool", ir.I8: "i8", ir.I16: "i16", ir.I32: "i32", ir.I64: "i64", ir.Double: "double",
	ir.String: "string", ir.Binary: "binary", ir.UUID: "uuid",
}

func wireWords(t *ir.Type) string {
	switch u := t.Underlying(); u.Kind {
	case ir.EnumKind:
		return "i32"
	case ir.Binary:
		return "string"
	case ir.StructKind:
		return u.Struct.Name
	}
	return ""
}

func jsonWords(t *ir.Type) string {
	switch u := t.Underlying(); u.Kind {
	case ir.EnumKind:
		return u.Enum.Name
	case ir.StructKind:
		return u.Struct.Name
	}
	return ""
}

func names(t *ir.Type) string {
	if t.Kind == ir.TypedefKind {
		return t.Typedef.Name
	}
	return jsonWords(t)
}

// equal compares values, names of constants aside.
func equal(a, b *ir.Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.Bool == b.Bool && a.Int == b.Int && a.String == b.String &&
		(a.Double == b.Double || a.Double != a.Double && b.Double != b.Double) &&
		slices.EqualFunc(a.List, b.List, equal) &&
		slices.EqualFunc(a.Map, b.Map, func(x, y ir.MapEntry) bool { return equal(x.Key, y.Key) && equal(x.Value, y.Value) }) &&
		slices.EqualFunc(a.Fields, b.Fields, func(x, y ir.FieldValue) bool { return x.Field.ID == y.Field.ID && equal(x.Value, y.Value) })
}
