package lint

import (
	"path"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// Thrift returns what is wrong with the inputs of a program, which was lowered
// with everything kept, and the warnings of that.
func Thrift(p *ir.Program, warnings report.List, o Options) report.List {
	t := thrift{linter{Options: o}}
	t.warnings(warnings)
	for _, f := range p.Files {
		if f.Root {
			t.file(f)
		}
	}
	return t.sorted()
}

type thrift struct{ linter }

func (t *thrift) file(f *ir.File) {
	tree, _ := thriftidl.Parse(f.Source)
	t.includes(f, tree)
	_, golang := f.Namespaces["go"]
	_, every := f.Namespaces["*"]
	if len(tree.Nodes) > 0 && !golang && !every {
		t.add("namespace", first(tree), "the file has no namespace for Go").Hint("write `namespace go <path>`")
	}
	for _, d := range f.Typedefs {
		t.declared(&d.Decl, "type")
		t.typ(d.Type)
	}
	for _, d := range f.Enums {
		t.declared(&d.Decl, "enum")
		t.enum(d)
	}
	for _, d := range f.Structs {
		t.declared(&d.Decl, "type")
		t.fields(d)
	}
	for _, d := range f.Services {
		t.declared(&d.Decl, "service")
		for _, m := range d.Methods {
			if m.Doc == "" {
				t.add("documented", m.Span, "method `%s` has no comment", m.Name)
			}
			t.fields(m.Arguments)
			t.typ(m.Type)
		}
	}
}

// declared checks what all types and services have.
func (t *thrift) declared(d *ir.Decl, what string) {
	if !camelCase.MatchString(d.Name) {
		t.add("type-name", d.Span, "the name of %s `%s` is not in CamelCase", what, d.Name)
	}
	if d.Doc == "" {
		t.add("documented", d.Span, "%s `%s` has no comment", what, d.Name)
	}
}

func (t *thrift) enum(e *ir.Enum) {
	zero := e.Strings || len(e.Values) == 0
	for _, v := range e.Values {
		zero = zero || v.Number == 0
		if !upperSnakeCase.MatchString(v.Name) {
			t.add("enum-value-name", v.Span, "the name of value `%s` is not in UPPER_SNAKE_CASE", v.Name)
		}
	}
	if !zero {
		t.add("enum-zero", e.Span, "enum `%s` has no value 0", e.Name)
	}
}

func (t *thrift) fields(s *ir.Struct) {
	last := int16(0)
	for _, f := range s.Fields {
		if !lowerSnakeCase.MatchString(f.Name) && !lowerCamelCase.MatchString(f.Name) {
			t.add("field-name", f.Span, "the name of field `%s` is in neither lower_snake_case nor lowerCamelCase", f.Name)
		}
		if f.Requiredness == ir.Required && s.Class != ir.Arguments {
			t.add("required-field", f.Span, "field `%s` is required", f.Name)
		}
		switch {
		case f.ID <= 0: // the compiler warns
		case f.ID < last:
			t.add("field-id-order", f.Span, "id %d of `%s` stands after id %d", f.ID, f.Name, last)
		case f.ID > last+1:
			t.add("field-id-gap", f.Span, "between id %d of `%s` and the one before, %d, is a gap", f.ID, f.Name, last)
		}
		last = max(last, f.ID)
		t.typ(f.Type)
	}
}

func (t *thrift) typ(y *ir.Type) {
	if y == nil {
		return
	}
	if y.Kind == ir.Set {
		switch y.Elem.Underlying().Kind {
		case ir.StructKind, ir.List, ir.Set, ir.Map:
			t.add("set-of-structs", y.Span, "the elements of this set cannot be compared")
		}
	}
	t.typ(y.Key)
	t.typ(y.Elem)
}

// includes finds those of which nothing is used.
func (t *thrift) includes(f *ir.File, tree *thriftidl.File) {
	used := usage{}
	used.file(f)
	for _, n := range tree.Nodes {
		n, ok := n.(*thriftidl.Include)
		if !ok || n.CPP {
			continue
		}
		for _, inc := range f.Includes {
			if path.Base(inc.Source.Name) == path.Base(n.Path.Value) && !used[inc] {
				t.add("unused-include", n.Path.Span, "`%s` is not used", n.Path.Value)
			}
		}
	}
}
