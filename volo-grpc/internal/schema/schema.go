// Package schema makes the messages of services that volo-grpc brings along,
// health, reflection and channelz. Their descriptors are private: a program that links
// generated code for the same services has no conflict with them.
package schema

import (
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// File makes the descriptor of a file of proto3 syntax. What it imports must be
// linked in. It panics if there is a mistake in it.
func File(name, pkg string, messages []*descriptorpb.DescriptorProto, service *descriptorpb.ServiceDescriptorProto, imports ...string) protoreflect.FileDescriptor {
	for _, m := range service.Method {
		m.InputType = proto.String("." + pkg + "." + m.GetInputType())
		m.OutputType = proto.String("." + pkg + "." + m.GetOutputType())
	}
	qualify("."+pkg, messages)
	fd, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: &name, Package: &pkg, Syntax: proto.String("proto3"), Dependency: imports,
		MessageType: messages, Service: []*descriptorpb.ServiceDescriptorProto{service},
	}, protoregistry.GlobalFiles)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", name, err))
	}
	return fd
}

// qualify gives the types of fields their full names; those in nested messages
// have them already.
func qualify(scope string, messages []*descriptorpb.DescriptorProto) {
	for _, m := range messages {
		for _, f := range m.Field {
			if f.TypeName != nil && !strings.HasPrefix(f.GetTypeName(), ".") {
				f.TypeName = proto.String(scope + "." + f.GetTypeName())
			}
		}
	}
}

// Message describes a message.
func Message(name string, fields ...*descriptorpb.FieldDescriptorProto) *descriptorpb.DescriptorProto {
	return &descriptorpb.DescriptorProto{Name: &name, Field: fields}
}

// Field describes a scalar field.
func Field(number int32, name string, typ descriptorpb.FieldDescriptorProto_Type) *descriptorpb.FieldDescriptorProto {
	return &descriptorpb.FieldDescriptorProto{
		Name: &name, Number: &number, Type: &typ, JsonName: jsonName(name),
		Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
	}
}

// jsonName returns the name that a field has in JSON, as protoc writes it into
// descriptors: some who read them do not find out for themselves.
func jsonName(name string) *string {
	words := strings.Split(name, "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return proto.String(strings.Join(words, ""))
}

// Of describes a field of a message or enum type.
func Of(number int32, name string, typ descriptorpb.FieldDescriptorProto_Type, typeName string) *descriptorpb.FieldDescriptorProto {
	f := Field(number, name, typ)
	f.TypeName = &typeName
	return f
}

// Repeated makes a field repeated.
func Repeated(f *descriptorpb.FieldDescriptorProto) *descriptorpb.FieldDescriptorProto {
	f.Label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED.Enum()
	return f
}

// In puts a field into the oneof at index i of its message.
func In(i int32, f *descriptorpb.FieldDescriptorProto) *descriptorpb.FieldDescriptorProto {
	f.OneofIndex = &i
	return f
}

// New returns a function that makes messages of a type.
func New(fd protoreflect.FileDescriptor, name protoreflect.Name) func() proto.Message {
	typ := dynamicpb.NewMessageType(fd.Messages().ByName(name))
	return func() proto.Message { return typ.New().Interface() }
}

// field finds a field, which must be there.
func field(m protoreflect.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	return m.Descriptor().Fields().ByName(name)
}

// Get returns a field.
func Get(m proto.Message, name protoreflect.Name) protoreflect.Value {
	r := m.ProtoReflect()
	return r.Get(field(r, name))
}

// Set sets a scalar or message field.
func Set(m proto.Message, name protoreflect.Name, v any) {
	r := m.ProtoReflect()
	if sub, ok := v.(proto.Message); ok {
		v = sub.ProtoReflect()
	}
	r.Set(field(r, name), protoreflect.ValueOf(v))
}

// Add appends a scalar to a repeated field.
func Add(m proto.Message, name protoreflect.Name, v any) {
	r := m.ProtoReflect()
	r.Mutable(field(r, name)).List().Append(protoreflect.ValueOf(v))
}

// AddMessage appends an empty message to a repeated field and returns it.
func AddMessage(m proto.Message, name protoreflect.Name) proto.Message {
	r := m.ProtoReflect()
	list := r.Mutable(field(r, name)).List()
	return list.AppendMutable().Message().Interface()
}

// Mutable returns a message field, which it makes if there is none.
func Mutable(m proto.Message, name protoreflect.Name) proto.Message {
	r := m.ProtoReflect()
	return r.Mutable(field(r, name)).Message().Interface()
}

// Which returns the name of the field of a oneof that is set, "" for none.
func Which(m proto.Message, oneof protoreflect.Name) protoreflect.Name {
	r := m.ProtoReflect()
	if f := r.WhichOneof(r.Descriptor().Oneofs().ByName(oneof)); f != nil {
		return f.Name()
	}
	return ""
}
