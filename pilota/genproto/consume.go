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
// Varints of one and two bytes are read in place.
// cases writes the cases of the switch over the tag. m is the message that
// errors are about.
func (w *writer) loop(fields []*protogen.Field, m string, cases func()) {
	malformed := fmt.Sprintf("return %sd.Malformed(%s, b, start)", zeroIf(m == "x"), m)
	varints, data := wiresOf(fields)
	w.P("for i := 0; i < len(b); {")
	w.P("start := i")
	w.P("tag := uint64(b[i])")
	w.P("if i++; tag >= 0x80 {")
	w.P("if i < len(b) && b[i] < 0x80 {")
	w.P("tag = tag&0x7f | uint64(b[i])<<7")
	w.P("i++")
	w.f("} else if tag, i = %s(b, start); i < 0 {", w.rt("Varint"))
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
		w.P("} else if i+1 < len(b) && b[i+1] < 0x80 {")
		w.P("v = uint64(b[i]&0x7f) | uint64(b[i+1])<<7")
		w.P("i += 2")
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
