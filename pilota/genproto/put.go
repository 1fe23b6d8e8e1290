package genproto

import (
	"slices"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// put writes PutProtobuf: everything from the last byte to the first.
func (w *writer) put() {
	w.P()
	w.P("// PutProtobuf writes the encoding so that it ends before b[i].")
	w.P("func (x *", w.m.GoIdent, ") PutProtobuf(b []byte, i int, how ", w.rt("Flags"), ") int {")
	w.P("if x == nil {")
	w.P("return i")
	w.P("}")
	w.P("if len(x.unknownFields) > 0 {")
	w.f("i = %s(b, i, x.unknownFields)", w.rt("PutRaw"))
	w.P("}")
	for _, step := range slices.Backward(w.steps()) {
		if inOneof(step[0]) {
			w.putOneof(step)
			continue
		}
		w.putField(step[0])
	}
	if w.hasExtensions() {
		w.f("if len(x.extensionFields) > 0 {")
		w.f("i = %s(b, i, %s, how)", w.rt("PutExtensions"), w.shell())
		w.f("}")
	}
	w.P("return i")
	w.P("}")
	for _, f := range w.m.Fields {
		if f.Desc.IsMap() {
			w.putEntry(f)
		}
	}
}

func (w *writer) putField(f *protogen.Field) {
	switch {
	case f.Desc.IsMap():
		w.putMap(f)
	case f.Desc.IsList():
		w.putList(f)
	default:
		w.f("if %s {", w.isSet(f))
		w.putValue(f, w.stored(f), elementTag(f.Desc))
		w.f("}")
	}
}

// putTag writes the code that puts a tag.
func (w *writer) putTag(tag uint64) {
	w.f("i -= %d", protowire.SizeVarint(tag))
	w.tagAt(tag)
}

// tagAt writes the code that writes a tag to b[i:].
func (w *writer) tagAt(tag uint64) {
	for k, c := range slices.Backward(protowire.AppendVarint(nil, tag)) {
		if k == 0 {
			w.f("b[i] = %#x", c)
			continue
		}
		w.f("b[i+%d] = %#x", k, c)
	}
}

// putValue writes the code that puts a single value and its tag.
func (w *writer) putValue(f *protogen.Field, v string, tag uint64) {
	switch shapeOf(f.Desc) {
	case varint, zigzag:
		w.f("i = %s(b, i, %s)", w.rt("PutVarint"), w.unsigned(f, v))
	case boolean:
		w.putBool(f, v)
	case fixed32:
		w.f("i = %s(b, i, %s)", w.rt("PutFixed32"), w.bits(f, v))
	case fixed64:
		w.f("i = %s(b, i, %s)", w.rt("PutFixed64"), w.bits(f, v))
	case text:
		if checksUTF8(f.Desc) {
			w.putText(v, tag)
			return
		}
		w.putBytes(v)
	case raw:
		w.putBytes(v)
	case message:
		w.P("end := i")
		w.putMessage(f, v)
		w.f("i = %s(b, i, uint64(end-i))", w.rt("PutVarint"))
	case group:
		w.putTag(protowire.EncodeTag(f.Desc.Number(), protowire.EndGroupType))
		w.putMessage(f, v)
	}
	w.putTag(tag)
}

// putBool writes the code that puts a bool; one of an implicit field is true.
func (w *writer) putBool(f *protogen.Field, v string) {
	single := f.Desc.Cardinality() != protoreflect.Repeated && !f.Desc.ContainingMessage().IsMapEntry()
	if single && !f.Desc.HasPresence() {
		w.P("i--")
		w.P("b[i] = 1")
		return
	}
	w.f("i = %s(b, i, %s)", w.rt("PutBool"), v)
}

// putText writes the code that puts a string that has to be UTF-8, its length
// and its tag. Where they begin is known beforehand, so that they are written
// forwards.
func (w *writer) putText(v string, tag uint64) {
	n := protowire.SizeVarint(tag)
	w.f("i -= %d + %s(len(%s))", n, w.rt("SizeBytes"), v)
	w.f("if %s(b, i+%d, %s) < 0 {", w.rt("WriteText"), n, v)
	w.P("return -1")
	w.P("}")
	w.tagAt(tag)
}

// putBytes writes the code that puts a string or bytes with the length.
func (w *writer) putBytes(v string) {
	w.f("i -= len(%s)", v)
	w.f("copy(b[i:], %s)", v)
	w.f("i = %s(b, i, uint64(len(%s)))", w.rt("PutVarint"), v)
}

// putMessage writes the code that puts the body of a message.
func (w *writer) putMessage(f *protogen.Field, v string) {
	if w.isOurs(f) {
		w.f("if i = %s.PutProtobuf(b, i, how); i < 0 {", v)
	} else {
		w.f("if i = %s(b, i, %s, how); i < 0 {", w.rt("PutMessage"), v)
	}
	w.P("return i")
	w.P("}")
}

func (w *writer) putList(f *protogen.Field) {
	v := w.place(f)
	if f.Desc.IsPacked() {
		w.f("if len(%s) > 0 {", v)
		w.P("end := i")
		w.f("i = %s(b, i, %s)", w.rt(packedFunc(f.Desc)), v)
		w.f("i = %s(b, i, uint64(end-i))", w.rt("PutVarint"))
		w.putTag(tagOf(f.Desc))
		w.P("}")
		return
	}
	if w.behindPointer(f) {
		w.f("if %s != nil {", v)
		v = "(*" + v + ")"
	}
	w.f("for k := len(%s) - 1; k >= 0; k-- {", v)
	w.putValue(f, v+"[k]", elementTag(f.Desc))
	w.P("}")
	if w.behindPointer(f) {
		w.P("}")
	}
}

// packedFunc returns the function of the runtime that puts packed values.
func packedFunc(d protoreflect.FieldDescriptor) string {
	switch shapeOf(d) {
	case zigzag:
		return "PutZigzag"
	case boolean:
		return "PutBools"
	case fixed32:
		return "PutPacked32"
	case fixed64:
		return "PutPacked64"
	}
	return "PutPacked"
}

// putMap writes the code that puts a map: in any order, or from the greatest
// key to the least.
func (w *writer) putMap(f *protogen.Field) {
	m := w.place(f)
	w.f("if how&%s != 0 && len(%s) > 1 {", w.rt("Deterministic"), m)
	sorted := "KeysDescending"
	if f.Message.Fields[0].Desc.Kind() == protoreflect.BoolKind {
		sorted = "BoolsDescending"
	}
	w.f("for _, k := range %s(%s) {", w.rt(sorted), m)
	w.f("if i = x.put%sEntry(b, i, how, k, %s[k]); i < 0 {", f.GoName, m)
	w.P("return i")
	w.P("}")
	w.P("}")
	w.P("} else {")
	w.f("for k, v := range %s {", m)
	w.f("if i = x.put%sEntry(b, i, how, k, v); i < 0 {", f.GoName)
	w.P("return i")
	w.P("}")
	w.P("}")
	w.P("}")
}

// putEntry writes the method that puts one entry of a map.
func (w *writer) putEntry(f *protogen.Field) {
	key, val := f.Message.Fields[0], f.Message.Fields[1]
	w.P()
	w.f("func (*%s) put%sEntry(b []byte, i int, how %s, k %s, v %s) int {",
		w.QualifiedGoIdent(w.m.GoIdent), f.GoName, w.rt("Flags"), w.goType(key), w.mapValueType(val))
	w.P("last := i")
	w.putValue(val, "v", elementTag(val.Desc))
	w.putValue(key, "k", elementTag(key.Desc))
	w.f("i = %s(b, i, uint64(last-i))", w.rt("PutVarint"))
	w.putTag(tagOf(f.Desc))
	w.P("return i")
	w.P("}")
}

func (w *writer) putOneof(fields []*protogen.Field) {
	w.f("switch v := %s.(type) {", w.place(fields[0]))
	for _, f := range fields {
		w.f("case *%s:", w.wrapper(f))
		w.f("if v != nil {")
		w.putValue(f, "v."+f.GoName, elementTag(f.Desc))
		w.f("}")
	}
	w.P("}")
}
