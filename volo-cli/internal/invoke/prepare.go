package invoke

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	"github.com/volo-go/volo/volo-thrift/generic"
)

// Prepare returns what makes the same call again and again, concurrently: the
// requests, of which there may be several if the method streams them, are
// encoded once. Of answers only is looked at whether they are successes; a
// stream is received to its end. Next, Receive and Header of c are not used.
func (p *Peer) Prepare(ctx context.Context, m *Method, c Call, requests ...[]byte) (func(context.Context) error, error) {
	if p.thrift == nil && p.grpc == nil {
		return nil, errNoTarget
	}
	c.Next = Messages(slices.Clone(requests)...)
	var once func(context.Context) error
	var err error
	switch {
	case p.thrift != nil:
		once, err = p.prepareThrift(m, &c)
	case m.ClientStreams || m.ServerStreams:
		once, err = p.prepareStream(ctx, m, &c, requests)
	default:
		once, err = p.prepareUnary(ctx, m, &c)
	}
	if err != nil {
		return nil, err
	}
	carried := metainfo.FromContext(c.metadata(ctx))
	return func(ctx context.Context) error {
		if carried != nil {
			ctx = metainfo.NewContext(ctx, carried)
		}
		if c.Timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, c.Timeout)
			defer cancel()
		}
		return late(ctx, once(ctx))
	}, nil
}

func (p *Peer) prepareThrift(m *Method, c *Call) (func(context.Context) error, error) {
	args, err := c.one()
	if err != nil {
		return nil, err
	}
	raw := m.raw.(thriftMethod)
	wire, err := p.encodeThrift(raw.method, args)
	if err != nil {
		return nil, &InputError{err}
	}
	client := generic.NewBinaryClient(p.thrift, raw.service.Name, generic.Methods(raw.service))
	throws := raw.method.Throws()
	return func(ctx context.Context) error {
		result, err := client.CallBinary(ctx, m.Name, wire)
		if err != nil || len(throws) == 0 || len(result) < 3 {
			return err
		}
		// A result has one field: the value, 0, or an exception.
		id := int16(result[1])<<8 | int16(result[2])
		for _, f := range throws {
			if f.ID == id && id != 0 {
				s := &dynamic.Struct{Type: raw.method.Result, Wire: result}
				value, _, _ := s.Field(id)
				return &generic.Exception{Struct: dynamic.Struct{Type: f.Type.Underlying().Struct, Wire: value}}
			}
		}
		return nil
	}, nil
}

// encodeThrift returns the struct of the arguments that JSON stands for.
func (p *Peer) encodeThrift(m *descriptor.Method, text []byte) ([]byte, error) {
	if fields := m.Arguments.Fields; p.config.Bare && len(fields) == 1 {
		text = slices.Concat([]byte(`{"`+fields[0].Name+`":`), text, []byte("}"))
	}
	return dynamic.FromJSON(nil, m.Arguments.Type(), text, p.values())
}

func (p *Peer) prepareUnary(ctx context.Context, m *Method, c *Call) (func(context.Context) error, error) {
	method := grpcMethod(m)
	call := &grpcCall{c, p, method, new(Reply), resolver{ctx, p.source}}
	message, err := call.request()
	if err != nil {
		return nil, err
	}
	wire, err := proto.Marshal(message)
	if err != nil {
		return nil, &InputError{err}
	}
	client, err := p.withMetadata(c.Metadata)
	if err != nil {
		return nil, err
	}
	desc := m.raw.(protoreflect.MethodDescriptor)
	request := &encoded{dynamicpb.NewMessage(desc.Input()), wire}
	answer := dynamicpb.NewMessage(desc.Output())
	method.NewRequest = func() proto.Message { return &encoded{Message: request.Message} }
	method.NewResponse = func() proto.Message { return &encoded{Message: answer} }
	return func(ctx context.Context) error {
		return client.Unary(ctx, method, request, &encoded{Message: answer})
	}, nil
}

func (p *Peer) prepareStream(ctx context.Context, m *Method, c *Call, requests [][]byte) (func(context.Context) error, error) {
	call := &grpcCall{c, p, grpcMethod(m), nil, resolver{ctx, p.source}}
	for _, text := range requests { // what is wrong is to be heard of now
		if _, err := call.parse(text); err != nil {
			return nil, err
		}
	}
	plain := Call{Metadata: c.Metadata}
	return func(ctx context.Context) error {
		again := plain
		again.Next = Messages(slices.Clone(requests)...)
		again.Receive = func([]byte) error { return nil }
		return p.callGRPC(ctx, m, &again, new(Reply))
	}, nil
}

// An encoded is a message that is encoded already, or that nobody will look
// into.
type encoded struct {
	*dynamicpb.Message
	wire []byte
}

var _ protobuf.Codec = (*encoded)(nil)

// ProtobufSize implements protobuf.Codec.
func (e *encoded) ProtobufSize() int { return len(e.wire) }

// AppendProtobuf implements protobuf.Codec.
func (e *encoded) AppendProtobuf(b []byte) ([]byte, error) { return append(b, e.wire...), nil }

// PutProtobuf implements protobuf.Codec.
func (e *encoded) PutProtobuf(b []byte, i int, _ protobuf.Flags) int {
	i -= len(e.wire)
	copy(b[i:], e.wire)
	return i
}

// ConsumeProtobuf implements protobuf.Codec.
func (e *encoded) ConsumeProtobuf(*protobuf.Decoder, []byte) error { return nil }
