package genproto

import (
	"slices"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// consumeField writes the cases of one field.
func (w *writer) consumeField(f *protogen.Field) {
	w.on(elementTag(f.Desc), string(f.Desc.Name()), f.Desc.Cardinality() == protoreflect.Repeated)
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
	w.mark(f)
	w.next()
	if isPackable(f.Desc) {
		w.on(protowire.EncodeTag(f.Desc.Number(), protowire.BytesType), string(f.Desc.Name())+", packed", false)
		w.value(message, "x")
		w.P("var ok bool")
		w.f("if %[1]s, ok = %[2]s(%[1]s, data); !ok {", w.place(f), w.rt(unpackFunc(f.Desc)))
		w.P("return 0, d.MalformedPacked(x, data, tag)")
		w.P("}")
		w.next()
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
	target := w.place(f)
	switch {
	case s == text || s == raw:
		w.consumeText(f, s)
		return
	case w.isPointer(f):
		w.value(s, "x")
		w.f("%s = %s(d, %s, len(b)-i)", target, w.rt("Optional"), w.scalar(f))
		return
	}
	w.value(s, "x")
	switch {
	case inOneof(f):
		w.f("%s = &%s{%s: %s}", target, w.wrapper(f), f.GoName, w.scalar(f))
	case f.Desc.IsList():
		w.f("%s = append(%s, %s)", target, target, w.scalar(f))
	default:
		w.f("%s = %s", target, w.scalar(f))
	}
}

// consumeText writes the code that consumes a string or bytes.
func (w *writer) consumeText(f *protogen.Field, s shape) {
	read, target := w.reader(f), w.place(f)
	switch {
	case inOneof(f) || f.Desc.IsList():
		w.f("s, next := d.%s(b, i)", read)
		w.P("if next < 0 {")
		w.malformed("x")
		w.P("}")
		w.P("i = next")
		if inOneof(f) {
			w.f("%s = &%s{%s: s}", target, w.wrapper(f), f.GoName)
			return
		}
		w.room(f, s)
		w.f("%s = append(%s, s)", target, target)
	case w.isPointer(f) && w.isOpaque():
		// What its bit says is there must not be lost to a fault.
		w.f("s, next := d.Optional%s(b, i)", read)
		w.P("if next < 0 {")
		w.malformed("x")
		w.P("}")
		w.f("%s, i = s, next", target)
	case w.isPointer(f):
		w.f("if %s, i = d.Optional%s(b, i); i < 0 {", target, read)
		w.malformed("x")
		w.P("}")
	default:
		w.f("if %s, i = d.%s(b, i); i < 0 {", target, read)
		w.malformed("x")
		w.P("}")
	}
}

// reader returns the method of the Decoder that consumes a string or bytes.
func (w *writer) reader(f *protogen.Field) string {
	switch {
	case checksUTF8(f.Desc):
		return "Text"
	case f.Desc.Kind() == protoreflect.StringKind:
		return "String"
	}
	return "Bytes"
}

// room writes the code that makes room for the strings or bytes of a list, as
// many as follow one another.
func (w *writer) room(f *protogen.Field, s shape) {
	list := w.place(f)
	if s == text {
		w.f("if %s == nil {", list)
		w.f("%s = d.Strings(%s(b, i, tag), len(b)-i)", list, w.rt("Room"))
		w.f("} else if len(%[1]s) == cap(%[1]s) {", list)
	} else {
		w.f("if len(%[1]s) == cap(%[1]s) {", list)
	}
	w.f("%[1]s = %[2]s(%[1]s, %[3]s(b, i, tag))", list, w.slices("Grow"), w.rt("Room"))
	w.P("}")
}

func (w *writer) slices(name string) string { return w.QualifiedGoIdent(slicesPackage.Ident(name)) }

// scalar returns the expression for a number, after [writer.value].
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
	}
	return w.goType(f) + "(v)"
}
