package genproto

import (
	"fmt"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// slabbed tells whether the messages of a field are parts of slabs.
func slabbed(f *protogen.Field) bool { return slabElement(f) != nil }

// slabElement returns the field whose messages are parts of slabs: f itself,
// or the value of f, or nil.
func slabElement(f *protogen.Field) *protogen.Field {
	switch {
	case f.Desc.IsMap() && f.Message.Fields[1].Message != nil:
		return f.Message.Fields[1]
	case f.Desc.IsList() && f.Desc.Kind() == protoreflect.MessageKind:
		return f
	}
	return nil
}

// takeSlab writes the code that makes p the next message of a slab.
func (w *writer) takeSlab(f *protogen.Field) {
	slab := fmt.Sprintf("slab%d", f.Desc.Number())
	w.f("if len(%s) == 0 {", slab)
	w.f("%s = %s[%s](b, i, tag)", slab, w.rt("Slab"), w.goType(slabElement(f)))
	if f.Desc.IsList() {
		w.f("%[1]s = %[2]s(%[1]s, len(%[3]s))", w.list(f), w.slices("Grow"), slab)
	}
	w.P("}")
	w.f("p := &%s[0]", slab)
	w.f("%s = %s[1:]", slab, slab)
}

// consumeMessage writes the code that consumes a message or a group.
func (w *writer) consumeMessage(f *protogen.Field) {
	target := w.place(f)
	typ := w.goType(f)
	w.value(shapeOf(f.Desc), "x")
	if w.behindPointer(f) {
		w.f("if %s == nil {", target)
		w.f("%s = new([]*%s)", target, typ)
		w.P("}")
	}
	switch {
	case slabbed(f):
		w.takeSlab(f)
		w.f("%[1]s = append(%[1]s, p)", w.list(f))
		target = "p"
	case f.Desc.IsList():
		w.f("p := new(%s)", typ)
		w.f("%[1]s = append(%[1]s, p)", w.list(f))
		target = "p"
	case inOneof(f):
		w.consumeWrapper(f)
		target = "w." + f.GoName
	default:
		w.f("if %s == nil {", target)
		w.f("%s = new(%s)", target, typ)
		w.P("}")
	}
	w.consumeBody(f, target)
}

// consumeWrapper writes the code that makes w the wrapper of a message in a
// oneof: the one that is there, or a new one that shares its allocation with
// the message.
func (w *writer) consumeWrapper(f *protogen.Field) {
	wrapper, typ := w.wrapper(f), w.goType(f)
	w.f("w, ok := %s.(*%s)", w.place(f), wrapper)
	w.P("if !ok || w == nil || w.", f.GoName, " == nil {")
	w.f("both := &struct{ w %s; m %s }{}", wrapper, typ)
	w.f("w, both.w.%s = &both.w, &both.m", f.GoName)
	w.f("%s = w", w.place(f))
	w.P("}")
}

// consumeBody writes the code that merges a message into target.
func (w *writer) consumeBody(f *protogen.Field, target string) {
	tag := elementTag(f.Desc)
	switch isGroup := shapeOf(f.Desc) == group; {
	case isGroup && w.isOurs(f):
		w.f("n, err := %s.consumeProtobuf(d, b[i:], %d)", target, tag+1)
		w.P("if err != nil {")
		w.f("return 0, %s(x, tag, err)", w.rt("In"))
		w.P("}")
		w.P("i += n")
	case isGroup:
		w.P("var err error")
		w.f("if i, err = d.Group(%s, b, i, tag); err != nil {", target)
		w.f("return 0, %s(x, tag, err)", w.rt("In"))
		w.P("}")
	default:
		w.f("if err := %s; err != nil {", w.merge(f, target))
		w.f("return 0, %s(x, tag, err)", w.rt("In"))
		w.P("}")
	}
}

// merge returns the expression that merges data into a message.
func (w *writer) merge(f *protogen.Field, target string) string {
	if w.isOurs(f) {
		return target + ".ConsumeProtobuf(d, data)"
	}
	return fmt.Sprintf("d.Message(%s, data)", target)
}
