package genproto

import (
	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// A shape is how a kind of value travels.
type shape uint8

const (
	varint  shape = iota // bool apart
	zigzag               // sint32, sint64
	boolean              // one byte
	fixed32
	fixed64
	text
	raw // bytes
	message
	group
)

// shapeOf returns the shape of a single value of the field.
func shapeOf(d protoreflect.FieldDescriptor) shape {
	switch d.Kind() {
	case protoreflect.BoolKind:
		return boolean
	case protoreflect.Sint32Kind, protoreflect.Sint64Kind:
		return zigzag
	case protoreflect.Fixed32Kind, protoreflect.Sfixed32Kind, protoreflect.FloatKind:
		return fixed32
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return fixed64
	case protoreflect.StringKind:
		return text
	case protoreflect.BytesKind:
		return raw
	case protoreflect.MessageKind:
		return message
	case protoreflect.GroupKind:
		return group
	}
	return varint
}

// wire returns the wire type of a value that is not packed.
func (s shape) wire() protowire.Type {
	switch s {
	case fixed32:
		return protowire.Fixed32Type
	case fixed64:
		return protowire.Fixed64Type
	case text, raw, message:
		return protowire.BytesType
	case group:
		return protowire.StartGroupType
	}
	return protowire.VarintType
}

// width returns how many bytes every value has, or 0 if they differ.
func (s shape) width() int {
	switch s {
	case boolean:
		return 1
	case fixed32:
		return 4
	case fixed64:
		return 8
	}
	return 0
}

// tagOf returns the tag that the encoder writes before a value of the field.
func tagOf(d protoreflect.FieldDescriptor) uint64 {
	if d.IsPacked() || d.IsMap() {
		return protowire.EncodeTag(d.Number(), protowire.BytesType)
	}
	return elementTag(d)
}

// elementTag returns the tag of a value that is not packed.
func elementTag(d protoreflect.FieldDescriptor) uint64 {
	return protowire.EncodeTag(d.Number(), shapeOf(d).wire())
}

// tagSize returns how many bytes the tags of the field have.
func tagSize(d protoreflect.FieldDescriptor) int { return protowire.SizeTag(d.Number()) }

// inOneof tells whether the field is a member of a oneof that is written in
// the schema, unlike that of an optional field in proto3.
func inOneof(f *protogen.Field) bool { return f.Oneof != nil && !f.Oneof.Desc.IsSynthetic() }

// checksUTF8 tells whether a string field has to be UTF-8.
func checksUTF8(d protoreflect.FieldDescriptor) bool {
	if d.Kind() != protoreflect.StringKind {
		return false
	}
	if e, ok := d.(interface{ EnforceUTF8() bool }); ok {
		return e.EnforceUTF8()
	}
	return d.ParentFile().Syntax() == protoreflect.Proto3
}

// goType returns the Go type of a single value of the field, without the star
// of messages.
func (w *writer) goType(f *protogen.Field) string {
	switch f.Desc.Kind() {
	case protoreflect.EnumKind:
		return w.QualifiedGoIdent(f.Enum.GoIdent)
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return w.QualifiedGoIdent(f.Message.GoIdent)
	case protoreflect.BytesKind:
		return "[]byte"
	case protoreflect.FloatKind:
		return "float32"
	case protoreflect.DoubleKind:
		return "float64"
	case protoreflect.StringKind, protoreflect.BoolKind:
		return f.Desc.Kind().String()
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return "uint32"
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return "uint64"
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return "int32"
	}
	return "int64"
}

// mapValueType returns the Go type of the values of a map; f is the second
// field of its entries.
func (w *writer) mapValueType(f *protogen.Field) string {
	if f.Message != nil {
		return "*" + w.goType(f)
	}
	return w.goType(f)
}

// isOurs tells whether the message of the field is known to have a codec: one
// of the same Go package that is not left to protobuf-go.
func (w *writer) isOurs(f *protogen.Field) bool {
	return f.Message.GoIdent.GoImportPath == w.file.GoImportPath && hasCodec(f.Message)
}

// bits returns an expression for the unsigned number of 32 or 64 bits that a
// value of fixed width is on the wire.
func (w *writer) bits(f *protogen.Field, v string) string {
	switch f.Desc.Kind() {
	case protoreflect.FloatKind:
		return w.QualifiedGoIdent(mathPackage.Ident("Float32bits")) + "(" + v + ")"
	case protoreflect.DoubleKind:
		return w.QualifiedGoIdent(mathPackage.Ident("Float64bits")) + "(" + v + ")"
	case protoreflect.Sfixed32Kind:
		return "uint32(" + v + ")"
	case protoreflect.Sfixed64Kind:
		return "uint64(" + v + ")"
	}
	return v
}

// unsigned returns an expression for the number that a varint holds.
func (w *writer) unsigned(f *protogen.Field, v string) string {
	switch f.Desc.Kind() {
	case protoreflect.Uint64Kind:
		return v
	case protoreflect.Sint32Kind:
		return w.rt("Zigzag") + "(int64(" + v + "))"
	case protoreflect.Sint64Kind:
		return w.rt("Zigzag") + "(" + v + ")"
	}
	return "uint64(" + v + ")"
}
