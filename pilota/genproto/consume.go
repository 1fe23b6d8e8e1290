package genproto

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// consume writes ConsumeProtobuf and the method behind it, which can end at
// the end of a group as well.
func (w *writer) consume() {
	name := w.QualifiedGoIdent(w.m.GoIdent)
	w.P()
	w.P("// ConsumeProtobuf merges an encoded message into the receiver.")
	w.f("func (x *%s) ConsumeProtobuf(d *%s, b []byte) error {", name, w.rt("Decoder"))
	w.P("_, err := x.consumeProtobuf(d, b, 0)")
	w.P("return err")
	w.P("}")
	w.P()
	w.f("func (x *%s) consumeProtobuf(d *%s, b []byte, end uint64) (int, error) {", name, w.rt("Decoder"))
	w.P("if !d.Enter() {")
	w.P("return 0, d.Refuse(b)")
	w.P("}")
	if w.countsRequired() {
		w.P("var seen uint64")
	}
	for _, f := range w.m.Fields {
		if slabbed(f) {
			w.f("var slab%d []%s", f.Desc.Number(), w.goType(slabElement(f)))
		}
	}
	w.loop(w.m.Fields, "x", func() {
		for _, f := range w.m.Fields {
			w.consumeField(f)
		}
		w.consumeUnknown()
	})
	w.P("if end != 0 {")
	w.P("return 0, d.Unended(b)")
	w.P("}")
	w.leave()
	w.P("return len(b), nil")
	w.P("}")
	for _, f := range w.m.Fields {
		if f.Desc.IsMap() {
			w.consumeEntry(f)
		}
	}
}

// loop writes the loop over the fields in b: it reads the tag and, for all
// fields of that wire type at one place, the varint or the data behind it.
// cases writes the cases of the switch over the tag. m is the message that
// errors are about.
func (w *writer) loop(fields []*protogen.Field, m string, cases func()) {
	malformed := fmt.Sprintf("return %sd.Malformed(%s, b, start)", zeroIf(m == "x"), m)
	varints, data := wiresOf(fields)
	w.P("for i := 0; i < len(b); {")
	w.P("start := i")
	w.P("tag := uint64(b[i])")
	w.P("if i++; tag >= 0x80 {")
	w.f("if tag, i = %s(b, start); i < 0 {", w.rt("Varint"))
	w.P(malformed)
	w.P("}")
	w.P("}")
	if varints || data {
		condition := map[[2]bool]string{
			{true, true}:  "tag&5 == 0", // 0 is a varint, 2 a length
			{true, false}: "tag&7 == 0",
			{false, true}: "tag&7 == 2",
		}[[2]bool{varints, data}]
		w.P("var v uint64")
		if data {
			w.P("var data []byte")
		}
		w.f("if %s {", condition)
		w.P("if i < len(b) && b[i] < 0x80 {")
		w.P("v = uint64(b[i])")
		w.P("i++")
		w.f("} else if v, i = %s(b, i); i < 0 {", w.rt("Varint"))
		w.P(malformed)
		w.P("}")
		if data {
			if varints {
				w.P("if tag&2 != 0 {")
			}
			w.P("if v > uint64(len(b)-i) {")
			w.P(malformed)
			w.P("}")
			w.P("data = b[i : i+int(v)]")
			w.P("i += int(v)")
			if varints {
				w.P("}")
			}
		}
		w.P("}")
	}
	w.P("switch tag {")
	cases()
	w.P("}")
	w.P("}")
}

// zeroIf returns the first of two results of a return statement.
func zeroIf(two bool) string {
	if two {
		return "0, "
	}
	return ""
}

// wiresOf tells whether the cases of the fields use varints and data.
func wiresOf(fields []*protogen.Field) (varints, data bool) {
	for _, f := range fields {
		wire := shapeOf(f.Desc).wire()
		varints = varints || wire == protowire.VarintType
		data = data || wire == protowire.BytesType || isPackable(f.Desc)
	}
	return varints, data
}

// isPackable tells whether the values of a field may come packed, whether or
// not they are to be.
func isPackable(d protoreflect.FieldDescriptor) bool {
	if !d.IsList() {
		return false
	}
	wire := shapeOf(d).wire()
	return wire != protowire.BytesType && wire != protowire.StartGroupType
}

// leave writes what is to be done at the end of the message.
func (w *writer) leave() {
	switch {
	case w.countsRequired():
		w.f("if seen != %#x {", uint64(1)<<len(w.required())-1)
		w.P("d.Partial()")
		w.P("}")
	case len(w.required()) > 0:
		w.P("d.Partial()")
	}
	w.P("d.Leave()")
}

// required returns the required fields.
func (w *writer) required() []*protogen.Field {
	return slices.DeleteFunc(slices.Clone(w.m.Fields), func(f *protogen.Field) bool {
		return f.Desc.Cardinality() != protoreflect.Required
	})
}

// countsRequired tells whether the code notes which required fields are there.
// Of more than 64, every message is looked at as a whole.
func (w *writer) countsRequired() bool {
	n := len(w.required())
	return 0 < n && n <= 64
}

func (w *writer) consumeUnknown() {
	w.P("default:")
	w.P("if tag == end && end != 0 {")
	w.leave()
	w.P("return i, nil")
	w.P("}")
	w.P("var err error")
	if w.hasExtensions() {
		w.f("if %s {", w.inExtensions())
		w.P("i, err = d.Extension(x, b, start)")
		w.P("} else {")
		w.P("i, err = d.Unknown(b, start, &x.unknownFields)")
		w.P("}")
		w.P("if err != nil {")
	} else {
		w.P("if i, err = d.Unknown(b, start, &x.unknownFields); err != nil {")
	}
	w.P("return 0, err")
	w.P("}")
}

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
		w.f("x.%s = %s(x.%s, len(%s))", f.GoName, w.slices("Grow"), f.GoName, slab)
	}
	w.P("}")
	w.f("p := &%s[0]", slab)
	w.f("%s = %s[1:]", slab, slab)
}

// consumeMessage writes the code that consumes a message or a group.
func (w *writer) consumeMessage(f *protogen.Field) {
	target := "x." + f.GoName
	typ := w.goType(f)
	switch {
	case slabbed(f):
		w.takeSlab(f)
		w.f("x.%s = append(x.%s, p)", f.GoName, f.GoName)
		target = "p"
	case f.Desc.IsList():
		w.f("p := new(%s)", typ)
		w.f("x.%s = append(x.%s, p)", f.GoName, f.GoName)
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
	wrapper, typ := w.QualifiedGoIdent(f.GoIdent), w.goType(f)
	w.f("w, ok := x.%s.(*%s)", f.Oneof.GoName, wrapper)
	w.P("if !ok || w == nil || w.", f.GoName, " == nil {")
	w.f("both := &struct{ w %s; m %s }{}", wrapper, typ)
	w.f("w, both.w.%s = &both.w, &both.m", f.GoName)
	w.f("x.%s = w", f.Oneof.GoName)
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

// consumeMap writes the code that consumes an entry of a map.
func (w *writer) consumeMap(f *protogen.Field) {
	w.f("if x.%s == nil {", f.GoName)
	w.f("x.%s = make(map[%s]%s, %s(b, i, tag))", f.GoName,
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
	w.loop(f.Message.Fields, "nil", func() {
		w.consumePart(key, "key")
		w.consumePart(val, "value")
		if partial {
			w.P("hasValue = true")
		}
		w.P("default:")
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
	w.f("x.%s[key] = value", f.GoName)
	w.P("return nil")
	w.P("}")
}

// consumePart writes the case of the key or the value of an entry.
func (w *writer) consumePart(f *protogen.Field, name string) {
	w.f("case %d: // %s", elementTag(f.Desc), name)
	if f.Message == nil {
		w.beforeScalar(f, "", "nil")
		w.f("%s = %s", name, w.scalar(f))
		return
	}
	w.f("if err := %s; err != nil {", w.merge(f, name))
	w.P("return err")
	w.P("}")
}
