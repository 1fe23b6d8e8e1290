package reflection

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/volo-grpc/internal/schema"
)

// A version is one of the two versions of the service, which differ in the
// package alone.
type version struct {
	file                    protoreflect.FileDescriptor
	newRequest, newResponse func() proto.Message
}

func versionOf(pkg, path string) *version {
	fd := file(pkg, path)
	return &version{
		file:        fd,
		newRequest:  schema.New(fd, "ServerReflectionRequest"),
		newResponse: schema.New(fd, "ServerReflectionResponse"),
	}
}

var (
	v1      = versionOf("grpc.reflection.v1", "grpc/reflection/v1/reflection.proto")
	v1alpha = versionOf("grpc.reflection.v1alpha", "grpc/reflection/v1alpha/reflection.proto")
)

func file(pkg, path string) protoreflect.FileDescriptor {
	const (
		typString  = descriptorpb.FieldDescriptorProto_TYPE_STRING
		typInt32   = descriptorpb.FieldDescriptorProto_TYPE_INT32
		typBytes   = descriptorpb.FieldDescriptorProto_TYPE_BYTES
		typMessage = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
	)
	request := schema.Message("ServerReflectionRequest",
		schema.Field(1, "host", typString),
		schema.In(0, schema.Field(3, "file_by_filename", typString)),
		schema.In(0, schema.Field(4, "file_containing_symbol", typString)),
		schema.In(0, schema.Of(5, "file_containing_extension", typMessage, "ExtensionRequest")),
		schema.In(0, schema.Field(6, "all_extension_numbers_of_type", typString)),
		schema.In(0, schema.Field(7, "list_services", typString)),
	)
	request.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: proto.String("message_request")}}
	response := schema.Message("ServerReflectionResponse",
		schema.Field(1, "valid_host", typString),
		schema.Of(2, "original_request", typMessage, "ServerReflectionRequest"),
		schema.In(0, schema.Of(4, "file_descriptor_response", typMessage, "FileDescriptorResponse")),
		schema.In(0, schema.Of(5, "all_extension_numbers_response", typMessage, "ExtensionNumberResponse")),
		schema.In(0, schema.Of(6, "list_services_response", typMessage, "ListServiceResponse")),
		schema.In(0, schema.Of(7, "error_response", typMessage, "ErrorResponse")),
	)
	response.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: proto.String("message_response")}}
	return schema.File(path, pkg, []*descriptorpb.DescriptorProto{
		request,
		response,
		schema.Message("ExtensionRequest", schema.Field(1, "containing_type", typString), schema.Field(2, "extension_number", typInt32)),
		schema.Message("FileDescriptorResponse", schema.Repeated(schema.Field(1, "file_descriptor_proto", typBytes))),
		schema.Message("ExtensionNumberResponse", schema.Field(1, "base_type_name", typString), schema.Repeated(schema.Field(2, "extension_number", typInt32))),
		schema.Message("ListServiceResponse", schema.Repeated(schema.Of(1, "service", typMessage, "ServiceResponse"))),
		schema.Message("ServiceResponse", schema.Field(1, "name", typString)),
		schema.Message("ErrorResponse", schema.Field(1, "error_code", typInt32), schema.Field(2, "error_message", typString)),
	}, &descriptorpb.ServiceDescriptorProto{
		Name: proto.String("ServerReflection"),
		Method: []*descriptorpb.MethodDescriptorProto{{
			Name: proto.String("ServerReflectionInfo"), InputType: proto.String("ServerReflectionRequest"), OutputType: proto.String("ServerReflectionResponse"),
			ClientStreaming: proto.Bool(true), ServerStreaming: proto.Bool(true),
		}},
	})
}
