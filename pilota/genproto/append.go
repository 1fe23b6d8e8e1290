package genproto

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// append writes AppendProtobuf, which writes flat messages from the first byte to
// the last.
func (w *writer) append() {
	w.P()
	w.P("// AppendProtobuf appends the encoding to b.")
	w.P("func (x *", w.m.GoIdent, ") AppendProtobuf(b []byte) ([]byte, error) {")
	if mayBePartial(w.m.Desc, map[protoreflect.FullName]bool{}) {
		w.f("if err := %s(x); err != nil {", w.QualifiedGoIdent(protoPackage.Ident("CheckInitialized")))
		w.P("return b, err")
		w.P("}")
	}
	if !w.flat() {
		w.P("start, size := len(b), x.ProtobufSize()")
		w.f("b = %s(b, size)", w.rt("Extend"))
		w.P("if x.PutProtobuf(b[start:], size, 0) != 0 {")
		w.f("return b[:start], %s(x)", w.rt("WhyNot"))
		w.P("}")
		w.P("return b, nil")
		w.P("}")
		return
	}
	w.P("if x == nil {")
	w.P("return b, nil")
	w.P("}")
	w.most()
	w.P("if cap(b)-len(b) < most {")
	w.f("return %s(b, x)", w.rt("AppendExactly"))
	w.P("}")
	if slices.ContainsFunc(w.m.Fields, func(f *protogen.Field) bool { return checksUTF8(f.Desc) }) {
		w.P("start := len(b)")
	}
	w.P("i := len(b)")
	w.P("b = b[:cap(b)]")
	for _, f := range w.ordered() {
		w.f("if %s {", w.isSet(f))
		w.writeTag(f)
		w.writeValue(f, w.stored(f))
		w.P("}")
	}
	w.P("if len(x.unknownFields) > 0 {")
	w.P("i += copy(b[i:], x.unknownFields)")
	w.P("}")
	w.P("return b[:i], nil")
	w.P("}")
}

// flat tells whether the message has few fields and nothing in them, and none
// of which one would have to look what it is. Most requests are such messages.
// With room for the longest encoding, they are written without knowing the
// size.
func (w *writer) flat() bool {
	for _, f := range w.m.Fields {
		if f.Message != nil || f.Desc.Cardinality() == protoreflect.Repeated || inOneof(f) {
			return false
		}
	}
	return !w.hasExtensions() && 0 < len(w.m.Fields) && len(w.m.Fields) <= maxChain
}

// most writes the computation of how long a flat message can be.
func (w *writer) most() {
	n, sum := 0, ""
	for _, f := range w.m.Fields {
		n += tagSize(f.Desc) + longest(f.Desc)
		if s := shapeOf(f.Desc); (s == text || s == raw) && !w.isPointer(f) {
			sum += fmt.Sprintf(" + len(%s)", w.place(f))
		}
	}
	w.f("most := %d%s + len(x.unknownFields)", n, sum)
	for _, f := range w.m.Fields {
		if w.isPointer(f) && shapeOf(f.Desc) == text {
			w.f("if %s != nil {", w.place(f))
			w.f("most += len(*%s)", w.place(f))
			w.P("}")
		}
	}
}

// longest returns how many bytes a value of the field takes at most, not
// counting those of a string.
func longest(d protoreflect.FieldDescriptor) int {
	switch s := shapeOf(d); {
	case s.width() > 0:
		return s.width()
	case d.Kind() == protoreflect.Uint32Kind, d.Kind() == protoreflect.Sint32Kind:
		return 5
	}
	return 10
}

func (w *writer) writeTag(f *protogen.Field) {
	w.tagAt(elementTag(f.Desc))
	w.f("i += %d", tagSize(f.Desc))
}

func (w *writer) writeValue(f *protogen.Field, v string) {
	switch shapeOf(f.Desc) {
	case boolean:
		if f.Desc.HasPresence() {
			w.f("%s(b, i+1, %s)", w.rt("PutBool"), v)
		} else {
			w.P("b[i] = 1")
		}
		w.P("i++")
	case fixed32:
		w.f("%s(b, i+4, %s)", w.rt("PutFixed32"), w.bits(f, v))
		w.P("i += 4")
	case fixed64:
		w.f("%s(b, i+8, %s)", w.rt("PutFixed64"), w.bits(f, v))
		w.P("i += 8")
	case text:
		if checksUTF8(f.Desc) {
			w.f("if i = %s(b, i, %s); i < 0 {", w.rt("WriteText"), v)
			w.f("return b[:start], %s(x)", w.rt("WhyNot"))
			w.P("}")
			return
		}
		w.writeBytes(v)
	case raw:
		w.writeBytes(v)
	default:
		w.f("i = %s(b, i, %s)", w.rt("WriteVarint"), w.unsigned(f, v))
	}
}

func (w *writer) writeBytes(v string) {
	w.f("i = %s(b, i, uint64(len(%s)))", w.rt("WriteVarint"), v)
	w.f("i += copy(b[i:], %s)", v)
}
