package gen

import (
	"fmt"

	"github.com/volo-go/volo/pilota/ir"
)

// under follows typedefs, and takes a senum for the string that it is.
func under(t *ir.Type) *ir.Type {
	t = t.Underlying()
	if t.Kind == ir.EnumKind && t.Enum.Strings {
		return &ir.Type{Kind: ir.String}
	}
	return t
}

// goType returns the Go type of a value in a container, an argument, or a
// field that is not optional.
func (w *Writer) goType(t *ir.Type) string {
	switch t.Kind {
	case ir.TypedefKind:
		name := w.qualify(&t.Typedef.Decl, w.g.names[t.Typedef])
		if under(t).Kind == ir.StructKind {
			return "*" + name
		}
		return name
	case ir.EnumKind:
		return w.qualify(&t.Enum.Decl, w.g.names[t.Enum])
	case ir.StructKind:
		return "*" + w.structType(t)
	case ir.List, ir.Set:
		return "[]" + w.goType(t.Elem)
	case ir.Map:
		if keyIsEntry(t.Key) {
			return "[]" + w.entryType(t)
		}
		return "map[" + w.keyType(t.Key) + "]" + w.goType(t.Elem)
	}
	return scalarTypes[t.Kind].goName
}

// structType returns the name of the struct behind t, without the pointer.
func (w *Writer) structType(t *ir.Type) string {
	s := t.Underlying().Struct
	return w.qualify(&s.Decl, w.g.names[s])
}

// newStruct returns an expression for a new struct with its defaults.
func (w *Writer) newStruct(t *ir.Type) string {
	s := t.Underlying().Struct
	if !hasDefaults(s) {
		return "new(" + w.structType(t) + ")"
	}
	return w.qualify(&s.Decl, constructor(w.g.names[s])) + "()"
}

func (w *Writer) entryType(t *ir.Type) string {
	return fmt.Sprintf("%s.Entry[%s, %s]", w.runtime(), w.goType(t.Key), w.goType(t.Elem))
}

// keyType is goType, except that a binary, which Go cannot compare, is a
// string.
func (w *Writer) keyType(t *ir.Type) string {
	if under(t).Kind == ir.Binary {
		return "string"
	}
	return w.goType(t)
}

// keyIsEntry tells whether Go cannot have such keys in a map.
func keyIsEntry(t *ir.Type) bool {
	switch under(t).Kind {
	case ir.List, ir.Set, ir.Map, ir.StructKind:
		return true
	}
	return false
}

// fieldType returns the Go type of a field.
func (w *Writer) fieldType(f *ir.Field) string {
	if isPointer(f) {
		return "*" + w.goType(f.Type)
	}
	return w.goType(f.Type)
}

// isPointer tells whether a field needs a pointer to be unset. Slices, maps
// and structs have nil already.
func isPointer(f *ir.Field) bool { return f.Requiredness == ir.Optional && !isNillable(f.Type) }

func isNillable(t *ir.Type) bool {
	switch under(t).Kind {
	case ir.Binary, ir.List, ir.Set, ir.Map, ir.StructKind:
		return true
	}
	return false
}

// canBeUnset tells whether a field is left out when it is nil.
func canBeUnset(f *ir.Field) bool {
	return f.Requiredness == ir.Optional || f.Requiredness == ir.Default && under(f.Type).Kind == ir.StructKind
}

// A scalar is a type whose encoding has a fixed size.
type scalar struct {
	goName string
	size   int
}

var scalarTypes = map[ir.Kind]scalar{
	ir.Bool:     {"bool", 1},
	ir.I8:       {"int8", 1},
	ir.I16:      {"int16", 2},
	ir.I32:      {"int32", 4},
	ir.EnumKind: {"", 4},
	ir.I64:      {"int64", 8},
	ir.Double:   {"float64", 8},
	ir.UUID:     {"[16]byte", 16},
	ir.String:   {"string", 0},
	ir.Binary:   {"[]byte", 0},
}

// fixedSize returns the encoded size of a type that always has the same, else
// zero.
func fixedSize(t *ir.Type) int { return scalarTypes[under(t).Kind].size }

// minSize returns the least number of bytes that a value takes.
func minSize(t *ir.Type) int { return minSizeIn(t, nil) }

func minSizeIn(t *ir.Type, outer []*ir.Struct) int {
	switch u := under(t); u.Kind {
	case ir.String, ir.Binary:
		return 4
	case ir.List, ir.Set:
		return 5
	case ir.Map:
		return 6
	case ir.StructKind:
		return minStructSize(u.Struct, outer)
	default:
		return fixedSize(u)
	}
}

func minStructSize(s *ir.Struct, outer []*ir.Struct) int {
	for _, o := range outer {
		if o == s {
			return 1
		}
	}
	n := 1
	for _, f := range s.Fields {
		if f.Requiredness == ir.Required {
			n += 3 + minSizeIn(f.Type, append(outer, s))
		}
	}
	return n
}

// A wireType is how a type is numbered and named on the wire.
type wireType struct {
	code int
	name string // in the runtime
}

var wireTypes = map[ir.Kind]wireType{
	ir.Bool: {2, "BOOL"}, ir.I8: {3, "I8"}, ir.Double: {4, "DOUBLE"}, ir.I16: {6, "I16"},
	ir.I32: {8, "I32"}, ir.EnumKind: {8, "I32"}, ir.I64: {10, "I64"},
	ir.String: {11, "STRING"}, ir.Binary: {11, "STRING"}, ir.StructKind: {12, "STRUCT"},
	ir.Map: {13, "MAP"}, ir.Set: {14, "SET"}, ir.List: {15, "LIST"}, ir.UUID: {16, "UUID"},
}

func wire(t *ir.Type) wireType { return wireTypes[under(t).Kind] }

// fieldKey is the header of a field as one number.
func fieldKey(f *ir.Field) uint32 { return uint32(wire(f.Type).code)<<16 | uint32(uint16(f.ID)) }

// bulk returns the name in the runtime of the functions that handle a list or
// set of t in one go: I32s for AppendI32s and ConsumeI32s. It is empty if
// there are none.
func bulk(t *ir.Type) string {
	switch under(t).Kind {
	case ir.Bool:
		return "Bools"
	case ir.I8:
		return "I8s"
	case ir.I16:
		return "I16s"
	case ir.I32, ir.EnumKind:
		return "I32s"
	case ir.I64:
		return "I64s"
	case ir.Double:
		return "Doubles"
	case ir.UUID:
		return "UUIDs"
	case ir.String:
		return "Strings"
	case ir.Binary:
		return "Binaries"
	}
	return ""
}

// isGeneric tells whether the bulk functions for t take a type parameter.
func isGeneric(t *ir.Type) bool {
	k := under(t).Kind
	return k == ir.I32 || k == ir.EnumKind
}

// hasDefaults tells whether a new struct is not all zero.
func hasDefaults(s *ir.Struct) bool {
	for _, f := range s.Fields {
		if setsDefault(f) {
			return true
		}
	}
	return false
}

// setsDefault tells whether a new struct has a value in this field. An
// optional field starts unset, its default is for who reads it.
func setsDefault(f *ir.Field) bool { return f.Value != nil && f.Requiredness != ir.Optional }
