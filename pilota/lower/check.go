package lower

import (
	"fmt"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// check applies the rules that concern the members of structs and services.
func (r *run) check() {
	for _, u := range r.units {
		next := cursor{file: u.ir}
		for _, n := range u.tree.Nodes {
			switch n := n.(type) {
			case *thriftidl.Struct:
				r.structure(next.structure(), n)
			case *thriftidl.Service:
				r.methods(next.service(), n)
			}
		}
	}
}

func (r *run) structure(s *ir.Struct, n *thriftidl.Struct) {
	r.fieldList("field", n.Fields)
	if s.Class == ir.Union {
		r.union(s, n)
	}
}

// fieldList checks ids and names. what is the word for the fields.
func (r *run) fieldList(what string, l thriftidl.FieldList) {
	ids := make(map[int64]*thriftidl.Field)
	names := make(map[string]source.Span)
	for _, f := range l.List {
		if r.fieldID(what, f) {
			if old := ids[f.Number]; old != nil {
				r.list.Errorf("duplicate-field-id", idSpan(f), "%s id %d is already used", what, f.Number).
					Relate(idSpan(old), "first used here")
			} else {
				ids[f.Number] = f
			}
		}
		if old, ok := names[f.Name.Name]; ok {
			r.list.Errorf("duplicate-field-name", f.Name.Span, "%s name `%s` is already used", what, f.Name.Name).
				Relate(old, "first used here")
		} else {
			names[f.Name.Name] = f.Name.Span
		}
	}
	r.implicitIDs(what, l)
}

// idSpan returns where the id of f stands, or its name if it is implicit.
func idSpan(f *thriftidl.Field) source.Span {
	if f.ID != nil {
		return f.ID.Span
	}
	return f.Name.Span
}

// fieldID checks the id of one field, and reports whether it is a number.
func (r *run) fieldID(what string, f *thriftidl.Field) bool {
	number := f.Number
	if f.ID != nil {
		n, ok := f.ID.Int()
		if !ok || n != int64(int16(n)) {
			r.list.Errorf("field-id-range", f.ID.Span, "%s id %s does not fit 16 bits", what, f.ID.Text).
				Label("must be from 1 to 32767")
			return false
		}
		if n <= 0 && what != "exception" { // whose id 0 is checked with the result
			r.list.Warnf("nonpositive-field-id", f.ID.Span, "%s id %d is not positive", what, n).
				Hint("positive ids are from 1 to 32767; others are left to fields without an id")
		}
		return true
	}
	if number < -1<<15 {
		r.list.Errorf("field-id-range", f.Name.Span, "too many fields without an id")
		return false
	}
	return true
}

// implicitIDs warns of the fields of a list that have no id, all at once.
func (r *run) implicitIDs(what string, l thriftidl.FieldList) {
	var without []*thriftidl.Field
	for _, f := range l.List {
		if f.ID == nil {
			without = append(without, f)
		}
	}
	if len(without) == 0 {
		return
	}
	first := without[0]
	message := fmt.Sprintf("%s `%s` has no id", what, first.Name.Name)
	if n := len(without) - 1; n > 0 {
		message = fmt.Sprintf("%s `%s` and %d more have no ids", what, first.Name.Name, n)
	}
	r.list.Warnf("implicit-field-id", first.Name.Span, "%s", message).
		Label("gets id %d", first.Number).
		Hint("ids that depend on the order of fields break when it changes; write one, such as `%d: %s`", freeID(l), first.Name.Name)
}

// freeID returns an id that no field of a list has.
func freeID(l thriftidl.FieldList) int64 {
	free := int64(1)
	for _, f := range l.List {
		if f.Number >= free && f.Number < 1<<15-1 {
			free = f.Number + 1
		}
	}
	return free
}

// union checks what sets unions apart from structs.
func (r *run) union(s *ir.Struct, n *thriftidl.Struct) {
	var withDefault *thriftidl.Field
	for _, f := range n.Fields.List {
		if f.Requiredness.Name == "required" {
			r.list.Warnf("required-in-union", f.Requiredness.Span, "field `%s` of union `%s` cannot be required", f.Name.Name, s.Name).
				Label("taken as optional").Hint("exactly one field of a union is set")
		}
		if f.Default == nil {
			continue
		}
		if withDefault != nil {
			r.list.Errorf("union-defaults", f.Default.Span, "union `%s` has two default values", s.Name).
				Relate(withDefault.Default.Span, "first one here").Hint("exactly one field of a union is set")
			continue
		}
		withDefault = f
	}
}

// methods checks the methods of one service.
func (r *run) methods(s *ir.Service, n *thriftidl.Service) {
	known := make(map[string]*ir.Method)
	if s.Extends != nil {
		for _, m := range s.Extends.AllMethods() {
			known[m.Name] = m
		}
	}
	for i, m := range s.Methods {
		if old := known[m.Name]; old != nil {
			d := r.list.Errorf("duplicate-method", m.Span, "service `%s` has two methods `%s`", s.Name, m.Name)
			if old.Service == s {
				d.Relate(old.Span, "first defined here")
			} else {
				d.Relate(old.Span, "inherited from `%s`", old.Service.Name)
			}
		} else {
			known[m.Name] = m
		}
		r.signature(m, n.Functions[i])
	}
}

func (r *run) signature(m *ir.Method, n *thriftidl.Function) {
	if n.Oneway.Name == "async" {
		r.list.Warnf("deprecated-syntax", n.Oneway.Span, "`async` is an old form").Hint("write `oneway`")
	}
	r.fieldList("argument", n.Args)
	for _, f := range n.Args.List {
		if f.Requiredness.Name == "optional" {
			r.list.Warnf("optional-argument", f.Requiredness.Span, "arguments cannot be optional").
				Label("has no effect")
		}
	}
	if m.Oneway {
		r.oneway(m, n)
	}
	if n.Throws != nil {
		r.throws(m, *n.Throws)
	}
}

func (r *run) oneway(m *ir.Method, n *thriftidl.Function) {
	if n.Type.Name.Name != "void" {
		r.list.Errorf("oneway-result", n.Type.Span, "oneway method `%s` cannot return a value", m.Name).
			Relate(n.Oneway.Span, "nobody waits for an answer").Hint("make the result void")
	}
	if n.Throws != nil && len(n.Throws.List) > 0 {
		r.list.Errorf("oneway-throws", n.Throws.Span, "oneway method `%s` cannot throw", m.Name).
			Relate(n.Oneway.Span, "nobody waits for an answer")
	}
}

func (r *run) throws(m *ir.Method, l thriftidl.FieldList) {
	r.fieldList("exception", l)
	types := make(map[*ir.Struct]*thriftidl.Field)
	for i, f := range l.List {
		if m.Type != nil && f.ID != nil && f.Number == 0 {
			r.list.Errorf("duplicate-field-id", f.ID.Span, "id 0 is the result's").
				Hint("exceptions have ids from 1")
		}
		if m.Type != nil && f.Name.Name == "success" {
			r.list.Errorf("duplicate-field-name", f.Name.Span, "`success` is the name of the result").
				Hint("give the exception another name")
		}
		t := m.Throws[i].Type.Underlying()
		if t == nil {
			continue
		}
		if t.Kind != ir.StructKind || t.Struct.Class != ir.Exception {
			r.notException(f, t)
			continue
		}
		if old := types[t.Struct]; old != nil {
			r.list.Warnf("duplicate-exception", f.Type.Span, "`%s` is thrown twice", t.Struct.Name).
				Relate(old.Type.Span, "first here").Hint("only the first of them is ever sent")
			continue
		}
		types[t.Struct] = f
	}
}

func (r *run) notException(f *thriftidl.Field, t *ir.Type) {
	d := r.list.Errorf("not-an-exception", f.Type.Span, "`%s` is not an exception", f.Type.Name.Name)
	if t.Kind == ir.StructKind {
		d.Relate(t.Struct.Span, "defined here").Hint("define it as `exception %s`", t.Struct.Name)
	}
}
