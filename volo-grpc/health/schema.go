package health

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/volo-grpc/internal/schema"
)

// File describes the service grpc.health.v1.Health (gRPC, "Health Checking
// Protocol").
var File = file()

var (
	newRequest      = schema.New(File, "HealthCheckRequest")
	newResponse     = schema.New(File, "HealthCheckResponse")
	newListRequest  = schema.New(File, "HealthListRequest")
	newListResponse = schema.New(File, "HealthListResponse")
)

func file() protoreflect.FileDescriptor {
	const (
		typString  = descriptorpb.FieldDescriptorProto_TYPE_STRING
		typEnum    = descriptorpb.FieldDescriptorProto_TYPE_ENUM
		typMessage = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
	)
	response := schema.Message("HealthCheckResponse", schema.Of(1, "status", typEnum, "HealthCheckResponse.ServingStatus"))
	serving := &descriptorpb.EnumDescriptorProto{Name: proto.String("ServingStatus")}
	for _, s := range []Status{Unknown, Serving, NotServing, ServiceUnknown} {
		serving.Value = append(serving.Value, &descriptorpb.EnumValueDescriptorProto{
			Name: proto.String(s.String()), Number: proto.Int32(int32(s)),
		})
	}
	response.EnumType = []*descriptorpb.EnumDescriptorProto{serving}

	list := schema.Message("HealthListResponse", schema.Repeated(schema.Of(1, "statuses", typMessage, "HealthListResponse.StatusesEntry")))
	entry := schema.Message("StatusesEntry", schema.Field(1, "key", typString), schema.Of(2, "value", typMessage, ".grpc.health.v1.HealthCheckResponse"))
	entry.Options = &descriptorpb.MessageOptions{MapEntry: proto.Bool(true)}
	list.NestedType = []*descriptorpb.DescriptorProto{entry}

	return schema.File("grpc/health/v1/health.proto", "grpc.health.v1", []*descriptorpb.DescriptorProto{
		schema.Message("HealthCheckRequest", schema.Field(1, "service", typString)),
		response,
		schema.Message("HealthListRequest"),
		list,
	}, &descriptorpb.ServiceDescriptorProto{
		Name: proto.String("Health"),
		Method: []*descriptorpb.MethodDescriptorProto{
			{Name: proto.String("Check"), InputType: proto.String("HealthCheckRequest"), OutputType: proto.String("HealthCheckResponse")},
			{Name: proto.String("List"), InputType: proto.String("HealthListRequest"), OutputType: proto.String("HealthListResponse")},
			{Name: proto.String("Watch"), InputType: proto.String("HealthCheckRequest"), OutputType: proto.String("HealthCheckResponse"), ServerStreaming: proto.Bool(true)},
		},
	})
}
