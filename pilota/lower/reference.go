package lower

import (
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// named returns the constant or enum value that v names.
func (c *coercer) named(v *thriftidl.Value, t *ir.Type) *ir.Value {
	name := thriftidl.Ident{Name: v.Text, Span: v.Span}
	if s := c.lookup(c.unit, name, constsOf); s != nil {
		return c.reference(v, t, c.values[s.value])
	}
	e, under := c.enumValue(c.unit, name), t.Underlying()
	if e == nil && under.Kind == ir.EnumKind {
		e = c.misnamed(name, under.Enum)
	}
	if e == nil {
		c.noValue(name, t)
		return nil
	}
	switch {
	case under.Kind == ir.EnumKind && under.Enum == e.Enum:
		return &ir.Value{Kind: ir.EnumKindValue, Type: t, Int: int64(e.Number), Enum: e, Span: v.Span}
	case under.Kind >= ir.I8 && under.Kind <= ir.I64:
		return c.integer(v, t, int64(e.Number), true)
	}
	c.mismatch(v, t, "a value of enum `"+e.Enum.Name+"`").Relate(e.Span, "defined here")
	return nil
}

// misnamed returns the value of e that name ends with. Apache Thrift looks at
// nothing else where a value of e is wanted, so that Other.VALUE or file.VALUE
// are in use.
func (c *coercer) misnamed(name thriftidl.Ident, e *ir.Enum) *ir.EnumValue {
	_, last, dotted := cutLast(name.Name)
	v := valueOf(e, last)
	if !dotted || v == nil {
		return nil
	}
	c.list.Warnf("misnamed-enum-value", name.Span, "`%s` is taken as a value of enum `%s`", name.Name, e.Name).
		Relate(v.Span, "this one").Hint("write `%s.%s`", c.qualified(&e.Decl), last)
	return v
}

// qualified returns the name of d as c's file must write it.
func (c *coercer) qualified(d *ir.Decl) string {
	if d.File == c.unit.ir {
		return d.Name
	}
	return d.File.Name + "." + d.Name
}

// enumValue returns the enum value called name, which is nil if there is
// none: Enum.VALUE or file.Enum.VALUE.
func (r *run) enumValue(u *unit, name thriftidl.Ident) *ir.EnumValue {
	enum, value, ok := cutLast(name.Name)
	if !ok {
		return nil
	}
	s := r.lookup(u, thriftidl.Ident{Name: enum, Span: name.Span}, typesOf)
	for s != nil && s.typedef != nil {
		under := s.typedef.Type.Underlying()
		if under == nil || under.Kind != ir.EnumKind {
			return nil
		}
		s = &symbol{enum: under.Enum}
	}
	if s == nil || s.enum == nil {
		return nil
	}
	return valueOf(s.enum, value)
}

// valueOf returns the value of e with a name, nil if there is none.
func valueOf(e *ir.Enum, name string) *ir.EnumValue {
	for _, v := range e.Values {
		if v.Name == name {
			return v
		}
	}
	return nil
}

// noValue complains that a name is not that of a value.
func (c *coercer) noValue(name thriftidl.Ident, t *ir.Type) {
	if s := c.lookup(c.unit, name, typesOf); s != nil {
		c.list.Errorf("not-a-value", name.Span, "`%s` is %s, not a value", name.Name, s).
			Relate(s.decl().Span, "defined here")
		return
	}
	under := t.Underlying()
	c.unresolved(c.list, c.unit, name, "constant", func(u *unit) []string {
		list := names(u.consts, func(*symbol) bool { return true })
		for _, e := range u.ir.Enums {
			for _, v := range e.Values {
				// A bare name is a slip for a value of the enum that is wanted.
				if _, _, dotted := cutLast(name.Name); dotted || under.Kind == ir.EnumKind && under.Enum == e {
					list = append(list, e.Name+"."+v.Name)
				}
			}
		}
		return list
	})
}

// reference returns the value of a constant as a value of type t.
func (c *coercer) reference(v *thriftidl.Value, t *ir.Type, to *constant) *ir.Value {
	if to.state == active {
		c.list.Errorf("constant-cycle", v.Span, "constant `%s` is defined by itself", to.ir.Name).
			Relate(to.ir.Span, "defined here")
		return nil
	}
	c.constant(to)
	if to.ir.Value == nil || !c.grow(to.size, v.Span) {
		return nil
	}
	if identical(to.ir.Type, t) {
		value := *to.ir.Value
		value.Type, value.Constant, value.Span = t, to.ir, v.Span
		return &value
	}
	// Another type may do as well, as an i32 does for a double: what the
	// constant was written as is what counts.
	var list report.List
	retry := coercer{run: c.run, unit: to.unit, list: &list}
	value := retry.value(to.syntax.Value, t)
	if value == nil || list.HasErrors() {
		c.mismatch(v, t, "a constant of type `"+describe(to.ir.Type)+"`").Relate(to.ir.Span, "defined here")
		return nil
	}
	value.Constant, value.Span = to.ir, v.Span
	return value
}

// identical reports whether types are the same but for typedefs.
func identical(a, b *ir.Type) bool {
	if a == b {
		return true
	}
	a, b = a.Underlying(), b.Underlying()
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.Enum == b.Enum && a.Struct == b.Struct &&
		identical(a.Key, b.Key) && identical(a.Elem, b.Elem)
}
