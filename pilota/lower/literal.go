package lower

import (
	"math"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// scalar returns v, which is no name of a constant, as a value of a type that
// is no container and no struct.
func (c *coercer) scalar(v *thriftidl.Value, t *ir.Type) *ir.Value {
	switch under := t.Underlying(); under.Kind {
	case ir.Bool:
		return c.boolean(v, t)
	case ir.I8, ir.I16, ir.I32, ir.I64:
		if v.Kind != thriftidl.IntValue {
			c.mismatch(v, t, found(v))
			return nil
		}
		n, ok := v.Int()
		return c.integer(v, t, n, ok)
	case ir.Double:
		return c.double(v, t)
	case ir.EnumKind:
		return c.enumNumber(v, t)
	case ir.UUID:
		return c.uuid(v, t)
	default:
		return c.text(v, t)
	}
}

// boolean accepts true, false and, as Apache does, any integer.
func (c *coercer) boolean(v *thriftidl.Value, t *ir.Type) *ir.Value {
	n, ok := int64(0), v.Kind == thriftidl.NameValue
	if v.Kind == thriftidl.IntValue {
		n, ok = v.Int()
	}
	if !ok {
		c.mismatch(v, t, found(v)).Hint("write true or false")
		return nil
	}
	if n != 0 && n != 1 {
		c.list.Warnf("odd-bool", v.Span, "%s is taken as true", v.Text).Hint("write true or false")
	}
	return &ir.Value{Kind: ir.BoolValue, Type: t, Bool: n != 0 || v.Text == "true", Span: v.Span}
}

// intBits is how wide integers are.
var intBits = map[ir.Kind]uint{ir.I8: 8, ir.I16: 16, ir.I32: 32, ir.I64: 64}

// integer returns n, which fits 64 bits if ok is set.
func (c *coercer) integer(v *thriftidl.Value, t *ir.Type, n int64, ok bool) *ir.Value {
	limit := int64(1)<<(intBits[t.Underlying().Kind]-1) - 1
	if !ok || n < -limit-1 || n > limit {
		c.list.Errorf("integer-range", v.Span, "%s does not fit type `%s`", v.Text, describe(t)).
			Label("must be from %d to %d", -limit-1, limit)
		return nil
	}
	return &ir.Value{Kind: ir.IntValue, Type: t, Int: n, Span: v.Span}
}

func (c *coercer) double(v *thriftidl.Value, t *ir.Type) *ir.Value {
	var f float64
	switch v.Kind {
	case thriftidl.IntValue:
		n, ok := v.Int()
		if f = float64(n); !ok {
			f, _ = strconv.ParseFloat(v.Text, 64)
		}
	case thriftidl.DoubleValue:
		f, _ = strconv.ParseFloat(v.Text, 64)
	default:
		c.mismatch(v, t, found(v))
		return nil
	}
	if math.IsInf(f, 0) {
		c.list.Errorf("double-range", v.Span, "%s does not fit a double", v.Text)
		return nil
	}
	return &ir.Value{Kind: ir.DoubleValue, Type: t, Double: f, Span: v.Span}
}

// enumNumber accepts a number for an enum value. Enums are open, so it may
// have no name, but that is rarely meant.
func (c *coercer) enumNumber(v *thriftidl.Value, t *ir.Type) *ir.Value {
	e := t.Underlying().Enum
	if v.Kind != thriftidl.IntValue {
		d := c.mismatch(v, t, found(v))
		if len(e.Values) > 0 {
			d.Hint("write `%s.%s`, for example", e.Name, e.Values[0].Name)
		}
		return nil
	}
	n, ok := v.Int()
	if !ok || n != int64(int32(n)) {
		c.list.Errorf("enum-range", v.Span, "%s does not fit the 32 bits of an enum", v.Text)
		return nil
	}
	value := &ir.Value{Kind: ir.EnumKindValue, Type: t, Int: n, Span: v.Span}
	for _, ev := range e.Values {
		if int64(ev.Number) == n {
			value.Enum = ev
			return value
		}
	}
	c.list.Warnf("unnamed-enum-number", v.Span, "enum `%s` has no value %d", e.Name, n).
		Relate(e.Span, "defined here")
	return value
}

// text accepts strings for string, binary and senum.
func (c *coercer) text(v *thriftidl.Value, t *ir.Type) *ir.Value {
	if v.Kind != thriftidl.StringValue {
		d := c.mismatch(v, t, found(v))
		if v.Kind != thriftidl.ListValue && v.Kind != thriftidl.MapValue {
			d.Hint("put it in quotes")
		}
		return nil
	}
	return &ir.Value{Kind: ir.StringValue, Type: t, String: v.String, Span: v.Span}
}

// uuid accepts the text form of RFC 9562 section 4, also within braces.
func (c *coercer) uuid(v *thriftidl.Value, t *ir.Type) *ir.Value {
	if v.Kind != thriftidl.StringValue {
		c.mismatch(v, t, found(v)).Hint(`write it as "00000000-0000-0000-0000-000000000000"`)
		return nil
	}
	s := strings.ToLower(v.String)
	if len(s) == 38 && s[0] == '{' && s[37] == '}' {
		s = s[1:37]
	}
	if !isUUID(s) {
		c.list.Errorf("malformed-uuid", v.Span, "this is not a uuid").
			Hint(`a uuid looks like "01234567-89ab-cdef-0123-456789abcdef"`)
		return nil
	}
	return &ir.Value{Kind: ir.UUIDValue, Type: t, String: s, Span: v.Span}
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return false
		}
	}
	return true
}

// appendKey appends a text to b that is the same for equal values, and
// different for others.
func appendKey(b []byte, v *ir.Value) []byte {
	switch v.Kind {
	case ir.BoolValue:
		return strconv.AppendBool(b, v.Bool)
	case ir.IntValue, ir.EnumKindValue:
		return strconv.AppendInt(b, v.Int, 10)
	case ir.DoubleValue:
		return strconv.AppendFloat(b, v.Double+0, 'g', -1, 64)
	case ir.StringValue, ir.UUIDValue:
		return strconv.AppendQuote(b, v.String)
	}
	b = append(b, '(')
	for _, e := range v.List {
		b = append(appendKey(b, e), ',')
	}
	for _, e := range v.Map {
		b = append(appendKey(b, e.Key), ':')
		b = append(appendKey(b, e.Value), ',')
	}
	for _, f := range v.Fields {
		b = append(strconv.AppendQuote(b, f.Field.Name), ':')
		b = append(appendKey(b, f.Value), ',')
	}
	return append(b, ')')
}
