package protobuf

import (
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/runtime/protoiface"
	"google.golang.org/protobuf/runtime/protoimpl"
)

// ProtoMethods returns our functions.
func (r *Reflection) ProtoMethods() *protoiface.Methods { return &methods }

// ProtoMessageInfo lets messages of other generators treat the message as one
// of theirs when it is a field of them.
func (r *Reflection) ProtoMessageInfo() *protoimpl.MessageInfo {
	return r.stock().(interface{ ProtoMessageInfo() *protoimpl.MessageInfo }).ProtoMessageInfo()
}

// Descriptor returns the descriptor of the message's type.
func (r *Reflection) Descriptor() protoreflect.MessageDescriptor { return r.stock().Descriptor() }

// Type returns the message's type.
func (r *Reflection) Type() protoreflect.MessageType { return r.stock().Type() }

// New returns a new message of the same type.
func (r *Reflection) New() protoreflect.Message { return r.stock().New() }

// Interface returns the message itself.
func (r *Reflection) Interface() protoreflect.ProtoMessage { return r.stock().Interface() }

// Range calls f for every field that is set.
func (r *Reflection) Range(f func(protoreflect.FieldDescriptor, protoreflect.Value) bool) {
	r.stock().Range(f)
}

// Has reports whether a field is set.
func (r *Reflection) Has(f protoreflect.FieldDescriptor) bool { return r.stock().Has(f) }

// Clear clears a field.
func (r *Reflection) Clear(f protoreflect.FieldDescriptor) { r.stock().Clear(f) }

// Get returns the value of a field.
func (r *Reflection) Get(f protoreflect.FieldDescriptor) protoreflect.Value { return r.stock().Get(f) }

// Set sets a field.
func (r *Reflection) Set(f protoreflect.FieldDescriptor, v protoreflect.Value) { r.stock().Set(f, v) }

// Mutable returns a reference to a composite field, setting it if need be.
func (r *Reflection) Mutable(f protoreflect.FieldDescriptor) protoreflect.Value {
	return r.stock().Mutable(f)
}

// NewField returns a new value for a field.
func (r *Reflection) NewField(f protoreflect.FieldDescriptor) protoreflect.Value {
	return r.stock().NewField(f)
}

// WhichOneof returns the field of a oneof that is set, or nil.
func (r *Reflection) WhichOneof(o protoreflect.OneofDescriptor) protoreflect.FieldDescriptor {
	return r.stock().WhichOneof(o)
}

// GetUnknown returns the bytes of the fields that are not known.
func (r *Reflection) GetUnknown() protoreflect.RawFields { return r.stock().GetUnknown() }

// SetUnknown replaces the bytes of the fields that are not known.
func (r *Reflection) SetUnknown(raw protoreflect.RawFields) { r.stock().SetUnknown(raw) }

// IsValid reports that the message is not nil.
func (r *Reflection) IsValid() bool { return r.stock().IsValid() }
