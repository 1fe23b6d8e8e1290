package genproto

import (
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// consumeMap writes the code that consumes an entry of a map.
func (w *writer) consumeMap(f *protogen.Field) {
	w.value(message, "x")
	w.f("if %s == nil {", w.place(f))
	w.f("%s = make(map[%s]%s, %s(b, i, tag))", w.place(f),
		w.goType(f.Message.Fields[0]), w.mapValueType(f.Message.Fields[1]), w.rt("Room"))
	w.P("}")
	arg := ""
	if slabbed(f) {
		w.takeSlab(f)
		arg = ", p"
	}
	w.f("if err := x.consume%sEntry(d, data%s); err != nil {", f.GoName, arg)
	w.f("return 0, %s(x, tag, err)", w.rt("In"))
	w.P("}")
}

// consumeEntry writes the method that consumes one entry of a map. Messages
// come from the caller, who has the slab.
func (w *writer) consumeEntry(f *protogen.Field) {
	key, val := f.Message.Fields[0], f.Message.Fields[1]
	param := ""
	if val.Message != nil {
		param = ", value *" + w.goType(val)
	}
	w.P()
	w.f("func (x *%s) consume%sEntry(d *%s, b []byte%s) error {", w.QualifiedGoIdent(w.m.GoIdent), f.GoName, w.rt("Decoder"), param)
	w.P("if !d.Enter() {")
	w.P("return d.Refuse(b)")
	w.P("}")
	w.f("var key %s", w.goType(key))
	switch {
	case val.Desc.Kind() == protoreflect.BytesKind:
		w.P("value := []byte{}")
	case val.Message == nil:
		w.f("var value %s", w.goType(val))
	}
	partial := val.Message != nil && mayBePartial(val.Message.Desc, map[protoreflect.FullName]bool{})
	if partial {
		w.P("hasValue := false")
	}
	w.loop("nil", true, f.Message.Fields, func(part *protogen.Field) {
		if part == key {
			w.consumePart(key, "key", false)
		} else {
			w.consumePart(val, "value", partial)
		}
	}, func() {
		w.P("var err error")
		w.P("if i, err = d.Skip(b, start); err != nil {")
		w.P("return err")
		w.P("}")
	})
	if partial {
		w.P("if !hasValue {")
		w.P("d.Partial()")
		w.P("}")
	}
	w.P("d.Leave()")
	w.f("%s[key] = value", w.place(f))
	w.P("return nil")
	w.P("}")
}

// consumePart writes the case of the key or the value of an entry. noted says
// that the code has to remember that it was there.
func (w *writer) consumePart(f *protogen.Field, name string, noted bool) {
	w.on(elementTag(f.Desc), name, false)
	switch s := shapeOf(f.Desc); s {
	case text, raw:
		w.f("if %s, i = d.%s(b, i); i < 0 {", name, w.reader(f))
		w.malformed("nil")
		w.P("}")
	case message:
		w.value(s, "nil")
		w.f("if err := %s; err != nil {", w.merge(f, name))
		w.P("return err")
		w.P("}")
	default:
		w.value(s, "nil")
		w.f("%s = %s", name, w.scalar(f))
	}
	if noted {
		w.P("hasValue = true")
	}
	w.next()
}
