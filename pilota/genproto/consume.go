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
	w.loop("x", 0 < len(w.m.Fields) && len(w.m.Fields) <= maxChain, w.m.Fields, func(f *protogen.Field) { w.consumeField(f) }, w.consumeUnknown)
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

// maxChain is how many fields a message may have to be consumed in a chain.
const maxChain = 16

// loop writes the loop over the fields in b: it reads the tag, and field writes
// the cases of each field, with w.on and w.next; m is the message that errors
// are about. What no field wants, unknown consumes.
//
// A message of few fields is consumed in a chain, one field after another as
// encoders write them: behind its value each field reads the next tag, which in
// most messages is the one that is asked for next. What comes in another order
// goes around once more. Of many fields, the tag is looked up each time.
func (w *writer) loop(m string, chain bool, fields []*protogen.Field, field func(*protogen.Field), unknown func()) {
	w.chain = chain
	if chain {
		w.P("fields:")
	}
	w.P("for i := 0; i < len(b); {")
	w.P("start := i")
	if chain {
		w.P("first := i")
	}
	w.P("tag := uint64(b[i])")
	w.P("if i++; tag >= 0x80 {")
	w.P("if i < len(b) && b[i] < 0x80 {")
	w.P("tag = tag&0x7f | uint64(b[i])<<7")
	w.P("i++")
	w.f("} else if tag, i = %s(b, start); i < 0 {", w.rt("Varint"))
	w.malformed(m)
	w.P("}")
	w.P("}")
	if !chain {
		w.P("switch tag {")
	}
	for _, f := range fields {
		field(f)
	}
	if chain {
		w.P("if start != first {")
		w.P("i = start")
		w.P("continue")
		w.P("}")
		unknown()
	} else {
		w.P("default:")
		unknown()
		w.P("}")
	}
	w.P("}")
}

// on writes the beginning of what is to be done with a tag. again says that the
// same may follow.
func (w *writer) on(tag uint64, about string, again bool) {
	switch {
	case !w.chain:
		w.f("case %d: // %s", tag, about)
	case again:
		w.f("for tag == %d { // %s", tag, about)
	default:
		w.f("if tag == %d { // %s", tag, about)
	}
}

// next writes the end of it.
func (w *writer) next() {
	if !w.chain {
		return
	}
	w.P("if start = i; i >= len(b) {")
	w.P("break fields")
	w.P("}")
	w.P("if tag = uint64(b[i]); tag >= 0x80 {")
	w.P("continue fields")
	w.P("}")
	w.P("i++")
	w.P("}")
}

// malformed writes the return of the error for the field at b[start:].
func (w *writer) malformed(m string) {
	w.f("return %sd.Malformed(%s, b, start)", zeroIf(m == "x"), m)
}

// value writes the code that reads what stands behind the tag, into v for
// varints and into u for numbers of fixed width, or into data. Strings and bytes
// are read where they are stored.
func (w *writer) value(s shape, m string) {
	switch s {
	case varint, zigzag, boolean:
		w.P("var v uint64")
		w.P("if i < len(b) && b[i] < 0x80 {")
		w.P("v = uint64(b[i])")
		w.P("i++")
		w.f("} else if v, i = %s(b, i); i < 0 {", w.rt("Varint"))
		w.malformed(m)
		w.P("}")
	case fixed32, fixed64:
		w.f("if len(b)-i < %d {", s.width())
		w.malformed(m)
		w.P("}")
		w.f("u := %s(b[i:])", w.QualifiedGoIdent(binaryPackage.Ident(fmt.Sprintf("LittleEndian.Uint%d", 8*s.width()))))
		w.f("i += %d", s.width())
	case message:
		w.f("data, next := %s(b, i)", w.rt("Data"))
		w.P("if next < 0 {")
		w.malformed(m)
		w.P("}")
		w.P("i = next")
	}
}

// zeroIf returns the first of two results of a return statement.
func zeroIf(two bool) string {
	if two {
		return "0, "
	}
	return ""
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
