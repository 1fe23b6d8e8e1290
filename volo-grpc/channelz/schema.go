package channelz

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	_ "google.golang.org/protobuf/types/known/timestamppb" // is imported by File
	_ "google.golang.org/protobuf/types/known/wrapperspb"  // likewise

	"github.com/volo-go/volo/volo-grpc/internal/schema"
)

// File describes the service grpc.channelz.v1.Channelz (gRFC A14), without the
// parts that are never filled in: traces of channels and options of sockets.
var File = file()

const (
	pkg       = "grpc.channelz.v1"
	timestamp = ".google.protobuf.Timestamp"
	int64Box  = ".google.protobuf.Int64Value"

	typString  = descriptorpb.FieldDescriptorProto_TYPE_STRING
	typBytes   = descriptorpb.FieldDescriptorProto_TYPE_BYTES
	typInt32   = descriptorpb.FieldDescriptorProto_TYPE_INT32
	typInt64   = descriptorpb.FieldDescriptorProto_TYPE_INT64
	typBool    = descriptorpb.FieldDescriptorProto_TYPE_BOOL
	typEnum    = descriptorpb.FieldDescriptorProto_TYPE_ENUM
	typMessage = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE
)

// messages returns what makes the messages of a method.
func messages(method string) (newRequest, newResponse func() proto.Message) {
	return schema.New(File, protoreflect.Name(method+"Request")), schema.New(File, protoreflect.Name(method+"Response"))
}

func file() protoreflect.FileDescriptor {
	all := []*descriptorpb.DescriptorProto{
		ref("ChannelRef", 1, "channel_id"), ref("SubchannelRef", 7, "subchannel_id"), ref("SocketRef", 3, "socket_id"), ref("ServerRef", 5, "server_id"),
		node("Channel", "ChannelRef"), node("Subchannel", "SubchannelRef"), connectivity(),
		schema.Message("ChannelData", one(1, "state", "ChannelConnectivityState"), schema.Field(2, "target", typString),
			number(4, "calls_started"), number(5, "calls_succeeded"), number(6, "calls_failed"), one(7, "last_call_started_timestamp", timestamp)),
		schema.Message("Server", one(1, "ref", "ServerRef"), one(2, "data", "ServerData"), many(3, "listen_socket", "SocketRef")),
		schema.Message("ServerData", number(2, "calls_started"), number(3, "calls_succeeded"), number(4, "calls_failed"),
			one(5, "last_call_started_timestamp", timestamp)),
		schema.Message("Socket", one(1, "ref", "SocketRef"), one(2, "data", "SocketData"), one(3, "local", "Address"), one(4, "remote", "Address"),
			one(5, "security", "Security"), schema.Field(6, "remote_name", typString)),
		schema.Message("SocketData", number(1, "streams_started"), number(2, "streams_succeeded"), number(3, "streams_failed"),
			number(4, "messages_sent"), number(5, "messages_received"), number(6, "keep_alives_sent"),
			one(7, "last_local_stream_created_timestamp", timestamp), one(8, "last_remote_stream_created_timestamp", timestamp),
			one(9, "last_message_sent_timestamp", timestamp), one(10, "last_message_received_timestamp", timestamp),
			one(11, "local_flow_control_window", int64Box), one(12, "remote_flow_control_window", int64Box)),
		address(), security(),
	}
	service := &descriptorpb.ServiceDescriptorProto{Name: proto.String("Channelz")}
	for _, m := range []struct {
		name     string
		request  []*descriptorpb.FieldDescriptorProto
		response []*descriptorpb.FieldDescriptorProto
	}{
		{"GetTopChannels", fields(number(1, "start_channel_id"), number(2, "max_results")), fields(many(1, "channel", "Channel"), end())},
		{"GetServers", fields(number(1, "start_server_id"), number(2, "max_results")), fields(many(1, "server", "Server"), end())},
		{"GetServer", fields(number(1, "server_id")), fields(one(1, "server", "Server"))},
		{"GetServerSockets", fields(number(1, "server_id"), number(2, "start_socket_id"), number(3, "max_results")), fields(many(1, "socket_ref", "SocketRef"), end())},
		{"GetChannel", fields(number(1, "channel_id")), fields(one(1, "channel", "Channel"))},
		{"GetSubchannel", fields(number(1, "subchannel_id")), fields(one(1, "subchannel", "Subchannel"))},
		{"GetSocket", fields(number(1, "socket_id"), schema.Field(2, "summary", typBool)), fields(one(1, "socket", "Socket"))},
	} {
		all = append(all, schema.Message(m.name+"Request", m.request...), schema.Message(m.name+"Response", m.response...))
		service.Method = append(service.Method, &descriptorpb.MethodDescriptorProto{
			Name: &m.name, InputType: proto.String(m.name + "Request"), OutputType: proto.String(m.name + "Response"),
		})
	}
	return schema.File("grpc/channelz/v1/channelz.proto", pkg, all, service, "google/protobuf/timestamp.proto", "google/protobuf/wrappers.proto")
}

func fields(all ...*descriptorpb.FieldDescriptorProto) []*descriptorpb.FieldDescriptorProto {
	return all
}

func number(n int32, name string) *descriptorpb.FieldDescriptorProto {
	return schema.Field(n, name, typInt64)
}

func one(n int32, name, of string) *descriptorpb.FieldDescriptorProto {
	return schema.Of(n, name, typMessage, of)
}

func many(n int32, name, of string) *descriptorpb.FieldDescriptorProto {
	return schema.Repeated(one(n, name, of))
}

func end() *descriptorpb.FieldDescriptorProto { return schema.Field(2, "end", typBool) }

// ref describes a reference: an id, and beside it a name.
func ref(name string, n int32, id string) *descriptorpb.DescriptorProto {
	return schema.Message(name, number(n, id), schema.Field(n+1, "name", typString))
}

// node describes what has calls and others below it.
func node(name, ref string) *descriptorpb.DescriptorProto {
	return schema.Message(name, one(1, "ref", ref), one(2, "data", "ChannelData"),
		many(3, "channel_ref", "ChannelRef"), many(4, "subchannel_ref", "SubchannelRef"), many(5, "socket_ref", "SocketRef"))
}

func connectivity() *descriptorpb.DescriptorProto {
	m := schema.Message("ChannelConnectivityState", schema.Of(1, "state", typEnum, "ChannelConnectivityState.State"))
	state := &descriptorpb.EnumDescriptorProto{Name: proto.String("State")}
	for i, name := range []string{"UNKNOWN", "IDLE", "CONNECTING", "READY", "TRANSIENT_FAILURE", "SHUTDOWN"} {
		state.Value = append(state.Value, &descriptorpb.EnumValueDescriptorProto{Name: &name, Number: proto.Int32(int32(i))})
	}
	m.EnumType = []*descriptorpb.EnumDescriptorProto{state}
	return m
}

func address() *descriptorpb.DescriptorProto {
	return choice("Address", "address",
		schema.Message("TcpIpAddress", schema.Field(1, "ip_address", typBytes), schema.Field(2, "port", typInt32)), "tcpip_address",
		schema.Message("UdsAddress", schema.Field(1, "filename", typString)), "uds_address",
		schema.Message("OtherAddress", schema.Field(1, "name", typString)), "other_address")
}

func security() *descriptorpb.DescriptorProto {
	tls := schema.Message("Tls", schema.In(0, schema.Field(1, "standard_name", typString)), schema.In(0, schema.Field(2, "other_name", typString)),
		schema.Field(3, "local_certificate", typBytes), schema.Field(4, "remote_certificate", typBytes))
	tls.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: proto.String("cipher_suite")}}
	return choice("Security", "model", tls, "tls", schema.Message("OtherSecurity", schema.Field(1, "name", typString)), "other")
}

// choice describes a message that is one of several, which are nested in it:
// pairs of a message and the name of its field.
func choice(name, oneof string, pairs ...any) *descriptorpb.DescriptorProto {
	m := schema.Message(name)
	m.OneofDecl = []*descriptorpb.OneofDescriptorProto{{Name: &oneof}}
	for i := 0; i < len(pairs); i += 2 {
		nested := pairs[i].(*descriptorpb.DescriptorProto)
		m.NestedType = append(m.NestedType, nested)
		full := "." + pkg + "." + name + "." + nested.GetName()
		m.Field = append(m.Field, schema.In(0, one(int32(i/2+1), pairs[i+1].(string), full)))
	}
	return m
}
