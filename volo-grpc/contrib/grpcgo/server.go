package grpcgo

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A Registrar is a volo-grpc server as generated services of grpc-go want it.
type Registrar struct{ server *vologrpc.Server }

var _ grpc.ServiceRegistrar = (*Registrar)(nil)

// NewRegistrar returns a Registrar on server.
func NewRegistrar(server *vologrpc.Server) *Registrar { return &Registrar{server} }

// RegisterService registers a service. As with grpc-go it panics if that is
// not possible, which is a mistake in the program: the service is registered
// already, the server serves already, or the message types are not linked in.
func (r *Registrar) RegisterService(desc *grpc.ServiceDesc, impl any) {
	s := &vologrpc.Service{Name: desc.ServiceName, Handler: impl}
	for i := range desc.Methods {
		s.Methods = append(s.Methods, unary(desc.ServiceName, &desc.Methods[i]))
	}
	for i := range desc.Streams {
		s.Methods = append(s.Methods, streaming(desc.ServiceName, &desc.Streams[i]))
	}
	if err := r.server.Register(s); err != nil {
		panic(err)
	}
}

func unary(service string, desc *grpc.MethodDesc) *vologrpc.Method {
	path := "/" + service + "/" + desc.MethodName
	return &vologrpc.Method{
		Service:    service,
		Name:       desc.MethodName,
		Kind:       vologrpc.Unary,
		NewRequest: newRequest(service, desc.MethodName),
		Invoke: func(ctx context.Context, impl any, req proto.Message) (proto.Message, error) {
			ctx = grpc.NewContextWithServerTransportStream(incoming(ctx), transportStream{ctx, path})
			// Generated code makes a message of its own to decode into.
			out, err := desc.Handler(impl, ctx, func(in any) error {
				proto.Merge(in.(proto.Message), req)
				return nil
			}, nil)
			if err != nil {
				return nil, fromGRPC(err)
			}
			m, ok := out.(proto.Message)
			if !ok {
				return nil, vologrpc.Errorf(vologrpc.Internal, "the handler returned a %T, not a message", out)
			}
			return m, nil
		},
	}
}

func streaming(service string, desc *grpc.StreamDesc) *vologrpc.Method {
	kind := vologrpc.BidiStreaming
	switch {
	case !desc.ServerStreams:
		kind = vologrpc.ClientStreaming
	case !desc.ClientStreams:
		kind = vologrpc.ServerStreaming
	}
	path := "/" + service + "/" + desc.StreamName
	return &vologrpc.Method{
		Service: service,
		Name:    desc.StreamName,
		Kind:    kind,
		Serve: func(ctx context.Context, impl any, s *vologrpc.ServerStream) error {
			ctx = grpc.NewContextWithServerTransportStream(incoming(ctx), transportStream{ctx, path})
			return fromGRPC(desc.Handler(impl, &serverStream{ctx, s}))
		},
	}
}

// newRequest finds the request type of a method among those that are linked
// into the program.
func newRequest(service, method string) func() proto.Message {
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		panic(fmt.Sprintf("grpcgo: service %s: %v", service, err))
	}
	desc, ok := found.(protoreflect.ServiceDescriptor)
	if !ok {
		panic(fmt.Sprintf("grpcgo: %s is not a service", service))
	}
	m := desc.Methods().ByName(protoreflect.Name(method))
	if m == nil {
		panic(fmt.Sprintf("grpcgo: service %s has no method %s", service, method))
	}
	typ, err := protoregistry.GlobalTypes.FindMessageByName(m.Input().FullName())
	if err != nil {
		panic(fmt.Sprintf("grpcgo: method %s.%s: %v", service, method, err))
	}
	return func() proto.Message { return typ.New().Interface() }
}

// incoming puts into ctx what the packages of grpc-go look for.
func incoming(ctx context.Context) context.Context {
	info := rpc.FromContext(ctx)
	ctx = peer.NewContext(ctx, &peer.Peer{Addr: netAddr(info.Caller.Address), LocalAddr: netAddr(info.Callee.Address)})
	return metadata.NewIncomingContext(ctx, toMD(vologrpc.MetadataFrom(ctx)))
}

// A transportStream is what grpc.SetHeader and its siblings find in a
// handler's context.
type transportStream struct {
	ctx  context.Context
	path string
}

func (t transportStream) Method() string { return t.path }

func (t transportStream) SetHeader(md metadata.MD) error {
	return vologrpc.SetHeader(t.ctx, pairs(md)...)
}

func (t transportStream) SendHeader(md metadata.MD) error {
	if err := t.SetHeader(md); err != nil {
		return err
	}
	return vologrpc.SendHeader(t.ctx)
}

func (t transportStream) SetTrailer(md metadata.MD) error {
	return vologrpc.SetTrailer(t.ctx, pairs(md)...)
}

// A serverStream is a stream as generated services want it.
type serverStream struct {
	ctx context.Context
	s   *vologrpc.ServerStream
}

func (s *serverStream) Context() context.Context       { return s.ctx }
func (s *serverStream) SetHeader(md metadata.MD) error { return s.s.SetHeader(pairs(md)...) }
func (s *serverStream) SetTrailer(md metadata.MD)      { s.s.SetTrailer(pairs(md)...) }
func (s *serverStream) SendMsg(m any) error            { return toGRPC(s.s.Send(m.(proto.Message))) }
func (s *serverStream) RecvMsg(m any) error            { return toGRPC(s.s.Recv(m.(proto.Message))) }
func (s *serverStream) SendHeader(md metadata.MD) error {
	if err := s.SetHeader(md); err != nil {
		return err
	}
	return s.s.SendHeader()
}
