package gen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// setDefaults writes SetDefaults, if there is anything to set.
func (r *record) setDefaults() {
	if !hasDefaults(r.s) {
		return
	}
	r.method("SetDefaults gives every field that has a default value that value. Optional\n"+
		"// fields are left as they are: their getters know the default.", "SetDefaults()")
	for _, f := range r.s.Fields {
		if setsDefault(f) {
			r.P("p.%s = %s", r.g.names[f], r.literal(f.Type, f.Value))
		}
	}
	r.P("}")
}

// literal returns a Go expression of the type t for a value. Every evaluation
// makes new slices, maps and structs.
func (w *Writer) literal(t *ir.Type, v *ir.Value) string {
	if c := v.Constant; c != nil && sameType(c.Type, t) && c.Value.Kind == v.Kind {
		name := w.qualify(&c.Decl, w.g.names[c])
		if isConst(c.Type) && isConstant(c.Value) {
			return name
		}
		return name + "()"
	}
	switch v.Kind {
	case ir.BoolValue:
		return strconv.FormatBool(v.Bool)
	case ir.IntValue:
		return strconv.FormatInt(v.Int, 10)
	case ir.DoubleValue:
		return w.double(v.Double)
	case ir.StringValue:
		if under(t).Kind == ir.Binary {
			return "[]byte(" + strconv.Quote(v.String) + ")"
		}
		return strconv.Quote(v.String)
	case ir.UUIDValue:
		return uuidLiteral(v.String)
	case ir.EnumKindValue:
		if v.Enum != nil {
			return w.qualify(&v.Enum.Enum.Decl, w.g.names[v.Enum])
		}
		return strconv.FormatInt(v.Int, 10)
	case ir.ListValue:
		return w.listLiteral(t, v)
	case ir.MapValue:
		return w.mapLiteral(t, v)
	}
	return w.structLiteral(t, v)
}

// sameType tells whether two types are the same in Go.
func sameType(a, b *ir.Type) bool {
	a, b = under(a), under(b)
	if a.Kind != b.Kind || a.Enum != b.Enum || a.Struct != b.Struct {
		return false
	}
	return (a.Key == nil || sameType(a.Key, b.Key)) && (a.Elem == nil || sameType(a.Elem, b.Elem))
}

func (w *Writer) double(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return w.std("math", "math") + ".Inf(1)"
	case math.IsInf(f, -1):
		return w.std("math", "math") + ".Inf(-1)"
	case math.IsNaN(f):
		return w.std("math", "math") + ".NaN()"
	case f == 0 && math.Signbit(f):
		return w.std("math", "math") + ".Copysign(0, -1)"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// uuidLiteral writes the canonical text form as an array.
func uuidLiteral(s string) string {
	digits := strings.ReplaceAll(s, "-", "")
	var out strings.Builder
	out.WriteString("[16]byte{")
	for i := 0; i+1 < len(digits); i += 2 {
		if i > 0 {
			out.WriteString(", ")
		}
		out.WriteString("0x" + digits[i:i+2])
	}
	return out.String() + "}"
}

func (w *Writer) listLiteral(t *ir.Type, v *ir.Value) string {
	elem := under(t).Elem
	items := make([]string, len(v.List))
	for i, e := range v.List {
		items[i] = w.literal(elem, e)
	}
	return w.plainType(t) + "{" + strings.Join(items, ", ") + "}"
}

// mapLiteral writes a map. Go refuses a key that occurs twice, Thrift takes
// the last one.
func (w *Writer) mapLiteral(t *ir.Type, v *ir.Value) string {
	u := under(t)
	var items []string
	at := map[string]int{}
	for _, e := range v.Map {
		value := w.literal(u.Elem, e.Value)
		if keyIsEntry(u.Key) {
			items = append(items, fmt.Sprintf("{Key: %s, Value: %s}", w.literal(u.Key, e.Key), value))
			continue
		}
		key := u.Key
		if under(key).Kind == ir.Binary {
			key = &ir.Type{Kind: ir.String}
		}
		item := w.literal(key, e.Key) + ": " + value
		id := fmt.Sprint(e.Key.Bool, e.Key.Int, e.Key.Double, e.Key.String)
		if i, ok := at[id]; ok {
			items[i] = item
			continue
		}
		at[id] = len(items)
		items = append(items, item)
	}
	return w.plainType(t) + "{" + strings.Join(items, ", ") + "}"
}

// plainType is the Go type of a container without its aliases.
func (w *Writer) plainType(t *ir.Type) string { return w.goType(under(t)) }

// structLiteral writes a struct: what the literal names, and the defaults of
// what it does not.
func (w *Writer) structLiteral(t *ir.Type, v *ir.Value) string {
	s := under(t).Struct
	var items []string
	named := map[*ir.Field]bool{}
	for _, e := range v.Fields {
		value := w.literal(e.Field.Type, e.Value)
		if isPointer(e.Field) {
			value = fmt.Sprintf("new(%s)", w.converted(e.Field.Type, value))
		}
		named[e.Field] = true
		items = append(items, w.g.names[e.Field]+": "+value)
	}
	for _, f := range s.Fields {
		if setsDefault(f) && !named[f] {
			items = append(items, w.g.names[f]+": "+w.literal(f.Type, f.Value))
		}
	}
	return "&" + w.structType(t) + "{" + strings.Join(items, ", ") + "}"
}

// converted gives an untyped constant its type.
func (w *Writer) converted(t *ir.Type, value string) string {
	if under(t).Kind == ir.UUID {
		return value
	}
	return w.goType(t) + "(" + value + ")"
}
