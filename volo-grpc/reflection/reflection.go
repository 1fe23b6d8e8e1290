// Package reflection is the standard reflection service of gRPC, by which
// tools such as grpcurl learn what a server serves without its .proto files.
//
//	reflection.Register(server)
//
// It answers from the descriptors that are linked into the program, which
// those of generated code are, and for nothing but what is reachable from
// there: do not register it where that is a secret.
package reflection

import (
	"context"
	"fmt"
	"io"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/channelz"
	"github.com/volo-go/volo/volo-grpc/health"
	"github.com/volo-go/volo/volo-grpc/internal/schema"
)

// Register registers the service, v1 and v1alpha, with a server that does not
// serve yet. It tells of all services that the server has when it is asked.
func Register(s *vologrpc.Server) error {
	for _, v := range []*version{v1, v1alpha} {
		if err := s.Register(service(s, v)); err != nil {
			return fmt.Errorf("reflection: %w", err)
		}
	}
	return nil
}

func service(s *vologrpc.Server, v *version) *vologrpc.Service {
	r := &reflector{server: s, version: v}
	r.own.RegisterFile(v1.file)
	r.own.RegisterFile(v1alpha.file)
	r.own.RegisterFile(health.File)
	r.own.RegisterFile(channelz.File)
	name := string(v.file.Services().Get(0).FullName())
	return &vologrpc.Service{Name: name, Handler: r, Methods: []*vologrpc.Method{{
		Service: name, Name: "ServerReflectionInfo", Kind: vologrpc.BidiStreaming,
		NewRequest: v.newRequest, NewResponse: v.newResponse,
		Serve: func(_ context.Context, h any, stream *vologrpc.ServerStream) error {
			return h.(*reflector).serve(stream)
		},
	}}}
}

// A reflector answers the requests of one version.
type reflector struct {
	server  *vologrpc.Server
	version *version
	own     protoregistry.Files // of services that we bring along
}

func (r *reflector) serve(stream *vologrpc.ServerStream) error {
	sent := make(map[string]bool) // files; each is sent once a stream
	for {
		req := r.version.newRequest()
		if err := stream.Recv(req); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		resp := r.version.newResponse()
		schema.Set(resp, "valid_host", schema.Get(req, "host").String())
		schema.Set(resp, "original_request", req)
		if err := r.answer(req, resp, sent); err != nil {
			refuse(resp, err)
		}
		if err := stream.Send(resp); err != nil {
			return err
		}
	}
}

// answer fills in what one request asks for.
func (r *reflector) answer(req, resp proto.Message, sent map[string]bool) error {
	which := schema.Which(req, "message_request")
	switch which {
	case "file_by_filename":
		fd, err := r.FindFileByPath(schema.Get(req, which).String())
		if err != nil {
			return err
		}
		return files(resp, fd, sent)
	case "file_containing_symbol":
		d, err := r.FindDescriptorByName(protoreflect.FullName(schema.Get(req, which).String()))
		if err != nil {
			return err
		}
		return files(resp, d.ParentFile(), sent)
	case "file_containing_extension":
		asked := schema.Get(req, which).Message().Interface()
		xt, err := protoregistry.GlobalTypes.FindExtensionByNumber(
			protoreflect.FullName(schema.Get(asked, "containing_type").String()),
			protoreflect.FieldNumber(schema.Get(asked, "extension_number").Int()))
		if err != nil {
			return err
		}
		return files(resp, xt.TypeDescriptor().ParentFile(), sent)
	case "all_extension_numbers_of_type":
		return r.extensions(resp, protoreflect.FullName(schema.Get(req, which).String()))
	case "list_services":
		list := schema.Mutable(resp, "list_services_response")
		for _, s := range r.server.Services() {
			schema.Set(schema.AddMessage(list, "service"), "name", s.Name)
		}
		return nil
	}
	return vologrpc.Errorf(vologrpc.InvalidArgument, "the request asks for nothing that is known")
}

// refuse makes resp an error.
func refuse(resp proto.Message, err error) {
	code := vologrpc.CodeOf(err)
	if err == protoregistry.NotFound {
		code = vologrpc.NotFound
	}
	e := schema.Mutable(resp, "error_response")
	schema.Set(e, "error_code", int32(code))
	schema.Set(e, "error_message", err.Error())
}

// files adds a file and all that it imports, as far as they were not sent yet.
// Imports come after what needs them.
func files(resp proto.Message, fd protoreflect.FileDescriptor, sent map[string]bool) error {
	out := schema.Mutable(resp, "file_descriptor_response")
	queue := []protoreflect.FileDescriptor{fd}
	for first := true; len(queue) > 0; first = false {
		fd, queue = queue[0], queue[1:]
		// What was asked for is always there.
		if fd.IsPlaceholder() || sent[fd.Path()] && !first {
			continue
		}
		sent[fd.Path()] = true
		raw, err := proto.Marshal(protodesc.ToFileDescriptorProto(fd))
		if err != nil {
			return err
		}
		schema.Add(out, "file_descriptor_proto", raw)
		for i := range fd.Imports().Len() {
			queue = append(queue, fd.Imports().Get(i).FileDescriptor)
		}
	}
	return nil
}

func (r *reflector) extensions(resp proto.Message, name protoreflect.FullName) error {
	if _, err := r.FindDescriptorByName(name); err != nil {
		return err
	}
	var numbers []int32
	protoregistry.GlobalTypes.RangeExtensionsByMessage(name, func(xt protoreflect.ExtensionType) bool {
		numbers = append(numbers, int32(xt.TypeDescriptor().Number()))
		return true
	})
	slices.Sort(numbers)
	out := schema.Mutable(resp, "all_extension_numbers_response")
	schema.Set(out, "base_type_name", string(name))
	for _, n := range numbers {
		schema.Add(out, "extension_number", n)
	}
	return nil
}

// FindFileByPath looks among what is linked in, then among our own.
func (r *reflector) FindFileByPath(path string) (protoreflect.FileDescriptor, error) {
	if fd, err := protoregistry.GlobalFiles.FindFileByPath(path); err == nil {
		return fd, nil
	}
	return r.own.FindFileByPath(path)
}

// FindDescriptorByName looks among what is linked in, then among our own.
func (r *reflector) FindDescriptorByName(name protoreflect.FullName) (protoreflect.Descriptor, error) {
	if d, err := protoregistry.GlobalFiles.FindDescriptorByName(name); err == nil {
		return d, nil
	}
	return r.own.FindDescriptorByName(name)
}
