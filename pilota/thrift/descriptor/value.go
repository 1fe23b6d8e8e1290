package descriptor

import (
	"strconv"
	"strings"
)

// A Value is a constant or a default. Which member counts, the underlying kind
// of its type says.
type Value struct {
	Type   *Type
	Bool   bool
	Int    int64 // of integers and enums
	Double float64
	Text   string // of String and Binary, and of UUID in its canonical form
	List   []*Value
	Map    []MapEntry
	Fields []FieldValue
	// Constant is the constant that the source referred to, nil if the value
	// was written out. The other members hold its value all the same.
	Constant *Constant
}

// A MapEntry is one key and its value.
type MapEntry struct{ Key, Value *Value }

// A FieldValue is one field of a struct literal.
type FieldValue struct {
	Field *Field
	Value *Value
}

// String returns the value as the IDL would write it, constants by their
// values.
func (v *Value) String() string {
	var b strings.Builder
	v.write(&b)
	return b.String()
}

func (v *Value) write(b *strings.Builder) {
	switch t := v.Type.Underlying(); t.Kind {
	case Bool:
		b.WriteString(strconv.FormatBool(v.Bool))
	case I8, I16, I32, I64:
		b.WriteString(strconv.FormatInt(v.Int, 10))
	case EnumKind:
		if named := t.Enum.ByNumber(int32(v.Int)); named != nil {
			b.WriteString(t.Enum.Name + "." + named.Name)
			return
		}
		b.WriteString(strconv.FormatInt(v.Int, 10))
	case Double:
		b.WriteString(strconv.FormatFloat(v.Double, 'g', -1, 64))
	case String, Binary, UUID:
		b.WriteString(strconv.Quote(v.Text))
	case List, Set:
		b.WriteByte('[')
		for i, e := range v.List {
			separate(b, i)
			e.write(b)
		}
		b.WriteByte(']')
	default:
		b.WriteByte('{')
		for i, e := range v.Map {
			separate(b, i)
			e.Key.write(b)
			b.WriteString(": ")
			e.Value.write(b)
		}
		for i, e := range v.Fields {
			separate(b, i)
			b.WriteString(strconv.Quote(e.Field.Name) + ": ")
			e.Value.write(b)
		}
		b.WriteByte('}')
	}
}

func separate(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteString(", ")
	}
}
