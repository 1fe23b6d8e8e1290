package genproto

import (
	"fmt"

	"google.golang.org/protobuf/compiler/protogen"
)

// size writes ProtobufSize.
func (w *writer) size() {
	w.P()
	w.P("// ProtobufSize returns the exact number of bytes of the encoding.")
	w.P("func (x *", w.m.GoIdent, ") ProtobufSize() (n int) {")
	w.P("if x == nil {")
	w.P("return 0")
	w.P("}")
	if w.hasExtensions() {
		w.f("if len(x.extensionFields) > 0 {")
		w.f("n += %s(%s)", w.rt("SizeExtensions"), w.shell())
		w.f("}")
	}
	for _, step := range w.steps() {
		if inOneof(step[0]) {
			w.sizeOneof(step)
			continue
		}
		w.sizeField(step[0])
	}
	w.P("return n + len(x.unknownFields)")
	w.P("}")
}

func (w *writer) sizeField(f *protogen.Field) {
	switch {
	case f.Desc.IsMap():
		w.sizeMap(f)
	case f.Desc.IsList():
		w.sizeList(f)
	default:
		w.f("if %s {", w.isSet(f))
		w.f("n += %s", w.plus(tagSize(f.Desc), w.sizeOf(f, w.stored(f))))
		w.f("}")
	}
}

// sizeOf returns an expression for the bytes that a single value takes behind
// its tag. Groups count the tag at their end.
func (w *writer) sizeOf(f *protogen.Field, v string) string {
	s := shapeOf(f.Desc)
	switch s {
	case varint, zigzag:
		return fmt.Sprintf("%s(%s)", w.rt("SizeVarint"), w.unsigned(f, v))
	case text, raw:
		return fmt.Sprintf("%s(len(%s))", w.rt("SizeBytes"), v)
	case message:
		return fmt.Sprintf("%s(%s)", w.rt("SizeBytes"), w.sizeOfMessage(f, v))
	case group:
		return w.plus(tagSize(f.Desc), w.sizeOfMessage(f, v))
	}
	return fmt.Sprint(s.width())
}

func (w *writer) sizeOfMessage(f *protogen.Field, v string) string {
	if w.isOurs(f) {
		return v + ".ProtobufSize()"
	}
	return fmt.Sprintf("%s(%s)", w.rt("Size"), v)
}

// plus returns the sum of a number and an expression.
func (w *writer) plus(n int, expr string) string { return fmt.Sprintf("%d + %s", n, expr) }

func (w *writer) sizeList(f *protogen.Field) {
	v, tag := w.place(f), tagSize(f.Desc)
	s := shapeOf(f.Desc)
	switch {
	case f.Desc.IsPacked():
		w.f("if k := len(%s); k > 0 {", v)
		switch {
		case s.width() > 0:
			w.f("n += %d + %s(%d * k)", tag, w.rt("SizeBytes"), s.width())
		case s == zigzag:
			w.f("n += %d + %s(%s(%s))", tag, w.rt("SizeBytes"), w.rt("SizeZigzag"), v)
		default:
			w.f("n += %d + %s(%s(%s))", tag, w.rt("SizeBytes"), w.rt("SizePacked"), v)
		}
		w.f("}")
	case s.width() > 0:
		w.f("n += %d * len(%s)", tag+s.width(), v)
	default:
		if w.behindPointer(f) {
			w.f("if %s != nil {", v)
			v = "*" + v
		}
		w.f("for _, v := range %s {", v)
		w.f("n += %s", w.plus(tag, w.sizeOf(f, "v")))
		w.P("}")
		if w.behindPointer(f) {
			w.P("}")
		}
	}
}

func (w *writer) sizeMap(f *protogen.Field) {
	key, val := f.Message.Fields[0], f.Message.Fields[1]
	k, v := "k", "v"
	if shapeOf(key.Desc).width() > 0 {
		k = "_"
	}
	if shapeOf(val.Desc).width() > 0 {
		v = "_"
	}
	if k == "_" && v == "_" {
		w.f("n += len(%s) * (%d + %s(2 + %s + %s))", w.place(f), tagSize(f.Desc), w.rt("SizeBytes"), w.sizeOf(key, k), w.sizeOf(val, v))
		return
	}
	w.f("for %s, %s := range %s {", k, v, w.place(f))
	w.f("n += %d + %s(2 + %s + %s)", tagSize(f.Desc), w.rt("SizeBytes"), w.sizeOf(key, k), w.sizeOf(val, v))
	w.f("}")
}

func (w *writer) sizeOneof(fields []*protogen.Field) {
	w.f("switch v := %s.(type) {", w.place(fields[0]))
	for _, f := range fields {
		w.f("case *%s:", w.wrapper(f))
		w.f("if v != nil {")
		w.f("n += %s", w.plus(tagSize(f.Desc), w.sizeOf(f, "v."+f.GoName)))
		w.f("}")
	}
	w.P("}")
}
