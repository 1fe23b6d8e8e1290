package reflection_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	_ "google.golang.org/protobuf/types/known/apipb" // imports three files

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/health"
	"github.com/volo-go/volo/volo-grpc/internal/schema"
	"github.com/volo-go/volo/volo-grpc/reflection"
)

// ask opens the service of a version and returns a function that sends a
// request with one field set and receives the answer.
func ask(t *testing.T, pkg string) func(field string, value any) proto.Message {
	s := vologrpc.NewServer()
	for _, err := range []error{s.Register(health.New().Service()), reflection.Register(s)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	c, err := vologrpc.NewClient(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	var m *vologrpc.Method
	for _, service := range s.Services() {
		if service.Name == pkg+".ServerReflection" {
			m = service.Methods[0]
		}
	}
	stream, err := c.Stream(ctx, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stream.Close()
		cancel()
		c.Close()
		s.Close()
		<-ended
	})
	return func(field string, value any) proto.Message {
		t.Helper()
		req, resp := m.NewRequest(), m.NewResponse()
		schema.Set(req, "host", "here")
		schema.Set(req, protoreflect.Name(field), value)
		if err := stream.Send(req); err != nil {
			t.Fatal(err)
		}
		if err := stream.Recv(resp); err != nil {
			t.Fatal(err)
		}
		if !proto.Equal(schema.Get(resp, "original_request").Message().Interface(), req) || schema.Get(resp, "valid_host").String() != "here" {
			t.Errorf("%s: the answer does not repeat the request: %v", field, resp)
		}
		return resp
	}
}

// fileNames returns the names of the files in an answer.
func fileNames(t *testing.T, resp proto.Message) (names []string) {
	t.Helper()
	if schema.Which(resp, "message_response") != "file_descriptor_response" {
		t.Errorf("got %v, want files", resp)
		return nil
	}
	list := schema.Get(schema.Mutable(resp, "file_descriptor_response"), "file_descriptor_proto").List()
	for i := range list.Len() {
		fd := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(list.Get(i).Bytes(), fd); err != nil {
			t.Error(err)
		}
		names = append(names, fd.GetName())
	}
	return names
}

func TestReflection(t *testing.T) {
	for _, pkg := range []string{"grpc.reflection.v1", "grpc.reflection.v1alpha"} {
		t.Run(pkg, func(t *testing.T) {
			send := ask(t, pkg)

			list := schema.Get(schema.Mutable(send("list_services", ""), "list_services_response"), "service").List()
			var names []string
			for i := range list.Len() {
				names = append(names, schema.Get(list.Get(i).Message().Interface(), "name").String())
			}
			if want := []string{"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection"}; !slices.Equal(names, want) {
				t.Errorf("services: got %q, want %q", names, want)
			}

			for _, tt := range []struct{ field, value, want string }{
				{"file_by_filename", "grpc/health/v1/health.proto", "grpc/health/v1/health.proto"},
				{"file_containing_symbol", "grpc.health.v1.Health.Check", "grpc/health/v1/health.proto"},
				{"file_containing_symbol", "grpc.reflection.v1.ErrorResponse", "grpc/reflection/v1/reflection.proto"},
				{"file_containing_symbol", "google.protobuf.Api", "google/protobuf/api.proto google/protobuf/source_context.proto google/protobuf/type.proto google/protobuf/any.proto"},
				// Its imports were sent on this stream.
				{"file_containing_symbol", "google.protobuf.Type", "google/protobuf/type.proto"},
			} {
				if got := strings.Join(fileNames(t, send(tt.field, tt.value)), " "); got != tt.want {
					t.Errorf("%s %s: got %s, want %s", tt.field, tt.value, got, tt.want)
				}
			}

			for _, tt := range []struct {
				field, value string
				want         vologrpc.Code
			}{
				{"file_by_filename", "no.proto", vologrpc.NotFound},
				{"file_containing_symbol", "no.Such", vologrpc.NotFound},
				{"all_extension_numbers_of_type", "no.Such", vologrpc.NotFound},
				{"host", "here", vologrpc.InvalidArgument},
			} {
				resp := send(tt.field, tt.value)
				e := schema.Mutable(resp, "error_response")
				if got := vologrpc.Code(schema.Get(e, "error_code").Int()); got != tt.want || schema.Get(e, "error_message").String() == "" {
					t.Errorf("%s %s: got %v, want %v", tt.field, tt.value, resp, tt.want)
				}
			}
		})
	}
}
