package genproto

import (
	"fmt"
	"unicode"
	"unicode/utf8"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/gofeaturespb"
)

// Where the struct of a message keeps a field. The open API has pointers to
// scalars that can be absent. The opaque one has hidden fields, a bit for each
// scalar that can be absent, lists of messages behind a pointer, and oneofs of
// wrappers that are not exported.

// isOpaque tells whether the struct is that of the opaque API. Under the tag
// protoopaque that of the hybrid one is.
func (w *writer) isOpaque() bool { return w.m.APILevel == gofeaturespb.GoFeatures_API_OPAQUE }

// place returns the expression for the Go field that keeps f, or the oneof that
// f is in.
func (w *writer) place(f *protogen.Field) string {
	name := f.GoName
	if inOneof(f) {
		name = f.Oneof.GoName
	}
	if w.isOpaque() {
		return "x.xxx_hidden_" + name
	}
	return "x." + name
}

// list returns the expression for a list of messages, which is there.
func (w *writer) list(f *protogen.Field) string {
	if w.behindPointer(f) {
		return "*" + w.place(f)
	}
	return w.place(f)
}

// behindPointer tells whether the Go field is a pointer to a list.
func (w *writer) behindPointer(f *protogen.Field) bool {
	return w.isOpaque() && f.Desc.IsList() && f.Message != nil
}

// wrapper returns the type that holds f in its oneof. protoc-gen-go keeps it
// apart from nested messages and enums by underscores before it looks at the API.
func (w *writer) wrapper(f *protogen.Field) string {
	if !w.isOpaque() {
		return w.QualifiedGoIdent(f.GoIdent)
	}
	first, n := utf8.DecodeRuneInString(f.GoIdent.GoName)
	return string(unicode.ToLower(first)) + f.GoIdent.GoName[n:]
}

// isPointer tells whether the Go field is a pointer to a scalar.
func (w *writer) isPointer(f *protogen.Field) bool {
	if !isOptional(f) {
		return false
	}
	if w.isOpaque() {
		return shapeOf(f.Desc) == text
	}
	return shapeOf(f.Desc) != raw
}

// isOptional tells whether f is a single scalar, not in a oneof, that can be
// absent.
func isOptional(f *protogen.Field) bool {
	return f.Desc.HasPresence() && !inOneof(f) && f.Message == nil
}

// bit returns the number of the bit that says that a scalar is there. The
// members of a oneof share one, which nobody uses.
func bit(f *protogen.Field) (n int) {
	for _, other := range f.Parent.Fields {
		if other == f {
			break
		}
		if endsPlace(other) {
			n++
		}
	}
	return n
}

// endsPlace tells whether f is the last field that shares its bit.
func endsPlace(f *protogen.Field) bool {
	return f.Oneof == nil || f == f.Oneof.Fields[len(f.Oneof.Fields)-1]
}

// mark writes the code that says of a scalar that it is there.
func (w *writer) mark(f *protogen.Field) {
	if !w.isOpaque() || !isOptional(f) {
		return
	}
	n, last := bit(f), w.m.Fields[len(w.m.Fields)-1]
	w.f("%s.SetPresentNonAtomic(&(x.XXX_presence[%d]), %d, %d)", w.QualifiedGoIdent(implPackage.Ident("X")), n/32, n, bit(last)+1)
}

// isSet returns the condition under which a field that is neither repeated
// nor in a oneof is encoded.
func (w *writer) isSet(f *protogen.Field) string {
	v := w.place(f)
	s := shapeOf(f.Desc)
	switch {
	case w.isOpaque() && isOptional(f):
		n := bit(f)
		return fmt.Sprintf("x.XXX_presence[%d]&%#x != 0", n/32, uint32(1)<<(n%32))
	case f.Desc.HasPresence():
		return v + " != nil"
	case s == text || s == raw:
		return "len(" + v + ") > 0"
	case s == boolean:
		return v
	case f.Desc.Kind() == protoreflect.FloatKind:
		return fmt.Sprintf("!%s(%s)", w.rt("IsZero32"), v)
	case f.Desc.Kind() == protoreflect.DoubleKind:
		return fmt.Sprintf("!%s(%s)", w.rt("IsZero64"), v)
	}
	return v + " != 0"
}

// stored returns the expression for the value of a single field that is set.
func (w *writer) stored(f *protogen.Field) string {
	if w.isPointer(f) {
		return "*" + w.place(f)
	}
	return w.place(f)
}
