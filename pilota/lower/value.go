package lower

import (
	"strconv"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// A constant is a constant on its way to its value.
type constant struct {
	unit   *unit
	syntax *thriftidl.Const
	ir     *ir.Constant
	state  constantState
	size   int // values within the value
}

type constantState uint8

const (
	waiting constantState = iota
	active
	done
)

// maxValues is how many values all constants together may consist of.
// Constants that refer to constants can grow exponentially; those that people
// write do not.
const maxValues = 1 << 22

// constants lowers the values of all constants and the default values of all
// fields.
func (r *run) constants() {
	for _, u := range r.units {
		for _, c := range u.ir.Constants {
			r.constant(r.values[c])
		}
		for _, p := range u.fields {
			c := coercer{run: r, unit: u, list: &r.list}
			p.field.Value = c.value(p.syntax.Default, p.field.Type)
		}
	}
}

// constant lowers the value of c, unless it is lowered or being lowered.
func (r *run) constant(c *constant) {
	if c.state != waiting {
		return
	}
	c.state = active
	co := coercer{run: r, unit: c.unit, list: &r.list}
	c.ir.Value = co.value(c.syntax.Value, c.ir.Type)
	c.size = co.size
	c.state = done
}

// A coercer turns the syntax of a value into a value of a type: value decides
// by the type, and the methods below by the syntax (names in reference.go, scalars
// in literal.go).
type coercer struct {
	*run
	unit *unit // in which names are looked up
	list *report.List
	size int // values so far
}

// value returns v as a value of type t, or nil if it is none or t is nil.
// Then it has complained, or somebody else has.
func (c *coercer) value(v *thriftidl.Value, t *ir.Type) *ir.Value {
	under := t.Underlying()
	if under == nil || !c.grow(1, v.Span) {
		return nil
	}
	if v.Kind == thriftidl.NameValue && v.Text != "true" && v.Text != "false" {
		return c.named(v, t)
	}
	switch under.Kind {
	case ir.List, ir.Set:
		return c.elements(v, t)
	case ir.Map:
		return c.entries(v, t)
	case ir.StructKind:
		return c.structure(v, t)
	default:
		return c.scalar(v, t)
	}
}

// grow counts n more values and reports whether there is room.
func (c *coercer) grow(n int, span source.Span) bool {
	c.size += n
	before := c.total
	c.total += n
	if c.total > maxValues && before <= maxValues {
		c.run.list.Errorf("too-many-values", span, "the constants consist of more than %d values", maxValues)
	}
	return c.total <= maxValues
}

// mismatch complains that v is no value of type t.
func (c *coercer) mismatch(v *thriftidl.Value, t *ir.Type, found string) *report.Diagnostic {
	d := c.list.Errorf("type-mismatch", v.Span, "expected a value of type `%s`, found %s", describe(t), found)
	if t.Span.File == v.Span.File && !(t.Span.Start <= v.Span.Start && v.Span.End <= t.Span.End) {
		d.Relate(t.Span, "because of this type")
	}
	return d
}

// found describes a value for messages.
func found(v *thriftidl.Value) string {
	switch v.Kind {
	case thriftidl.IntValue:
		return "the integer " + v.Text
	case thriftidl.DoubleValue:
		return "the number " + v.Text
	case thriftidl.StringValue:
		return "a string"
	case thriftidl.ListValue:
		return "a list"
	case thriftidl.MapValue:
		return "a map"
	}
	return "`" + v.Text + "`"
}

// describe returns a type as the source would write it.
func describe(t *ir.Type) string {
	if t == nil {
		return "?"
	}
	switch t.Kind {
	case ir.TypedefKind:
		return t.Typedef.Name
	case ir.StructKind:
		return t.Struct.Name
	case ir.EnumKind:
		return t.Enum.Name
	case ir.List:
		return "list<" + describe(t.Elem) + ">"
	case ir.Set:
		return "set<" + describe(t.Elem) + ">"
	case ir.Map:
		return "map<" + describe(t.Key) + ", " + describe(t.Elem) + ">"
	}
	return kindNames[t.Kind]
}

var kindNames = map[ir.Kind]string{
	ir.Bool: "bool", ir.I8: "i8", ir.I16: "i16", ir.I32: "i32", ir.I64: "i64",
	ir.Double: "double", ir.String: "string", ir.Binary: "binary", ir.UUID: "uuid",
}

// elements returns a list or set.
func (c *coercer) elements(v *thriftidl.Value, t *ir.Type) *ir.Value {
	value := &ir.Value{Kind: ir.ListValue, Type: t, Span: v.Span}
	if v.Kind == thriftidl.MapValue && len(v.Entries) == 0 {
		return value // {} is as empty as []
	}
	if v.Kind != thriftidl.ListValue {
		c.mismatch(v, t, found(v))
		return nil
	}
	under := t.Underlying()
	seen := make(map[string]source.Span)
	for _, e := range v.List {
		elem := c.value(e.Value, under.Elem)
		if elem == nil {
			continue
		}
		if under.Kind == ir.Set && c.duplicate(seen, elem, "set-duplicate", "this set has two elements %s", report.Warning) {
			continue
		}
		value.List = append(value.List, elem)
	}
	return value
}

// duplicate reports whether v is in seen already, and complains.
func (c *coercer) duplicate(seen map[string]source.Span, v *ir.Value, code, format string, severity report.Severity) bool {
	k := string(appendKey(nil, v))
	first, dup := seen[k]
	if !dup {
		seen[k] = v.Span
		return false
	}
	d := c.list.Errorf(code, v.Span, format, brief(v)).Relate(first, "first here")
	d.Severity = severity
	return true
}

// brief returns the source of v if it is short.
func brief(v *ir.Value) string {
	if text := v.Span.Text(); len(text) <= 40 {
		return "`" + text + "`"
	}
	return "that are equal"
}

// entries returns a map.
func (c *coercer) entries(v *thriftidl.Value, t *ir.Type) *ir.Value {
	value := &ir.Value{Kind: ir.MapValue, Type: t, Span: v.Span}
	if v.Kind == thriftidl.ListValue && len(v.List) == 0 {
		return value
	}
	if v.Kind != thriftidl.MapValue {
		c.mismatch(v, t, found(v))
		return nil
	}
	under := t.Underlying()
	seen := make(map[string]source.Span)
	for _, e := range v.Entries {
		key, elem := c.value(e.Key, under.Key), c.value(e.Value, under.Elem)
		if key == nil || elem == nil || c.duplicate(seen, key, "map-duplicate", "this map has two keys %s", report.Error) {
			continue
		}
		value.Map = append(value.Map, ir.MapEntry{Key: key, Value: elem})
	}
	return value
}

// structure returns a struct, union or exception.
func (c *coercer) structure(v *thriftidl.Value, t *ir.Type) *ir.Value {
	s := t.Underlying().Struct
	if v.Kind != thriftidl.MapValue {
		c.mismatch(v, t, found(v)).Hint("write the fields as `{\"name\": value}`")
		return nil
	}
	value := &ir.Value{Kind: ir.StructValue, Type: t, Span: v.Span}
	seen := make(map[string]source.Span)
	for _, e := range v.Entries {
		f := c.field(s, e.Key)
		if f == nil {
			continue
		}
		if first, dup := seen[f.Name]; dup {
			c.list.Errorf("duplicate-field-value", e.Key.Span, "field `%s` is set twice", f.Name).
				Relate(first, "first here")
			continue
		}
		seen[f.Name] = e.Key.Span
		if fv := c.value(e.Value, f.Type); fv != nil {
			value.Fields = append(value.Fields, ir.FieldValue{Field: f, Value: fv})
		}
	}
	c.complete(v, s, seen)
	return value
}

// field returns the field that a key names.
func (c *coercer) field(s *ir.Struct, key *thriftidl.Value) *ir.Field {
	if key.Kind != thriftidl.StringValue {
		d := c.list.Errorf("struct-key", key.Span, "the name of a field must be a string, found %s", found(key))
		if key.Kind == thriftidl.NameValue {
			d.Hint("write %s", strconv.Quote(key.Text))
		}
		return nil
	}
	var all []string
	for _, f := range s.Fields {
		if f.Name == key.String {
			return f
		}
		all = append(all, f.Name)
	}
	d := c.list.Errorf("unknown-field", key.Span, "`%s` has no field `%s`", s.Name, key.String).
		Relate(s.Span, "defined here")
	if best := report.Nearest(key.String, all); best != "" {
		d.Hint("did you mean `%s`?", best)
	}
	return nil
}

// complete checks that the fields that must be set are set.
func (c *coercer) complete(v *thriftidl.Value, s *ir.Struct, set map[string]source.Span) {
	if s.Class == ir.Union {
		if len(set) != 1 && len(v.Entries) == len(set) {
			c.list.Errorf("union-value", v.Span, "a value of union `%s` sets %d fields", s.Name, len(set)).
				Relate(s.Span, "defined here").Hint("set exactly one")
		}
		return
	}
	for _, f := range s.Fields {
		if _, ok := set[f.Name]; !ok && f.Requiredness == ir.Required && !c.defaulted[f] {
			c.list.Warnf("missing-field", v.Span, "required field `%s` of `%s` is not set", f.Name, s.Name).
				Relate(f.Span, "defined here")
		}
	}
}
