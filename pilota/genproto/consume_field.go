package genproto

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// consumeField writes the cases of one field.
func (w *writer) consumeField(f *protogen.Field) {
	w.f("case %d: // %s", elementTag(f.Desc), f.Desc.Name())
	if k := slices.Index(w.required(), f); k >= 0 && w.countsRequired() {
		w.f("seen |= %#x", uint64(1)<<k)
	}
	switch {
	case f.Desc.IsMap():
		w.consumeMap(f)
	case f.Message != nil:
		w.consumeMessage(f)
	default:
		w.consumeScalar(f)
	}
	if isPackable(f.Desc) {
		w.f("case %d: // %s, packed", protowire.EncodeTag(f.Desc.Number(), protowire.BytesType), f.Desc.Name())
		w.P("var ok bool")
		w.f("if x.%s, ok = %s(x.%s, data); !ok {", f.GoName, w.rt(unpackFunc(f.Desc)), f.GoName)
		w.P("return 0, d.MalformedPacked(x, data, tag)")
		w.P("}")
	}
}

// unpackFunc returns the function of the runtime that appends packed values.
func unpackFunc(d protoreflect.FieldDescriptor) string {
	switch shapeOf(d) {
	case zigzag:
		if d.Kind() == protoreflect.Sint32Kind {
			return "PackedZigzag32"
		}
		return "PackedZigzag64"
	case boolean:
		return "PackedBools"
	case fixed32:
		return "Packed32"
	case fixed64:
		return "Packed64"
	}
	return "PackedVarints"
}

// consumeScalar writes the code that consumes a value that is no message.
func (w *writer) consumeScalar(f *protogen.Field) {
	s := shapeOf(f.Desc)
	w.beforeScalar(f, "0, ", "x")
	v := w.scalar(f)
	switch {
	case inOneof(f):
		w.f("x.%s = &%s{%s: %s}", f.Oneof.GoName, w.QualifiedGoIdent(f.GoIdent), f.GoName, v)
	case f.Desc.IsList():
		if s == text || s == raw {
			w.room(f, s)
		}
		w.f("x.%s = append(x.%s, %s)", f.GoName, f.GoName, v)
	case isPointer(f) && s == text:
		w.f("x.%s = %s(d, %s, len(b)-i)", f.GoName, w.rt("OptionalString"), v)
	case isPointer(f):
		w.f("x.%s = %s(d, %s, len(b)-i)", f.GoName, w.rt("Optional"), v)
	default:
		w.f("x.%s = %s", f.GoName, v)
	}
}

// room writes the code that makes room for the strings or bytes of a list, as
// many as follow one another.
func (w *writer) room(f *protogen.Field, s shape) {
	if s == text {
		w.f("if x.%s == nil {", f.GoName)
		w.f("x.%s = d.Strings(%s(b, i, tag), len(b)-i)", f.GoName, w.rt("Room"))
		w.f("} else if len(x.%s) == cap(x.%s) {", f.GoName, f.GoName)
	} else {
		w.f("if len(x.%s) == cap(x.%s) {", f.GoName, f.GoName)
	}
	w.f("x.%s = %s(x.%s, %s(b, i, tag))", f.GoName, w.slices("Grow"), f.GoName, w.rt("Room"))
	w.P("}")
}

func (w *writer) slices(name string) string { return w.QualifiedGoIdent(slicesPackage.Ident(name)) }

// beforeScalar writes the checks that stand before a value is used.
func (w *writer) beforeScalar(f *protogen.Field, results, m string) {
	switch s := shapeOf(f.Desc); {
	case s == fixed32 || s == fixed64:
		w.f("if len(b)-i < %d {", s.width())
		w.f("return %sd.Malformed(%s, b, start)", results, m)
		w.P("}")
		w.f("u := %s(b[i:])", w.QualifiedGoIdent(binaryPackage.Ident(fmt.Sprintf("LittleEndian.Uint%d", 8*s.width()))))
		w.f("i += %d", s.width())
	case checksUTF8(f.Desc):
		w.P("s, ok := d.Text(data)")
		w.P("if !ok {")
		w.f("return %sd.InvalidUTF8(%s, data, tag)", results, m)
		w.P("}")
	}
}

// scalar returns the expression for a value, after beforeScalar.
func (w *writer) scalar(f *protogen.Field) string {
	switch f.Desc.Kind() {
	case protoreflect.BoolKind:
		return "v != 0"
	case protoreflect.Sint32Kind:
		return "int32(" + w.rt("Unzigzag") + "(uint64(uint32(v))))"
	case protoreflect.Sint64Kind:
		return w.rt("Unzigzag") + "(v)"
	case protoreflect.Uint64Kind:
		return "v"
	case protoreflect.FloatKind:
		return w.QualifiedGoIdent(mathPackage.Ident("Float32frombits")) + "(u)"
	case protoreflect.DoubleKind:
		return w.QualifiedGoIdent(mathPackage.Ident("Float64frombits")) + "(u)"
	case protoreflect.Fixed32Kind, protoreflect.Fixed64Kind:
		return "u"
	case protoreflect.Sfixed32Kind, protoreflect.Sfixed64Kind:
		return w.goType(f) + "(u)"
	case protoreflect.StringKind:
		if checksUTF8(f.Desc) {
			return "s"
		}
		return "d.String(data)"
	case protoreflect.BytesKind:
		return "d.Bytes(data)"
	}
	return w.goType(f) + "(v)"
}
