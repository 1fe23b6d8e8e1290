package protobuf

import (
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/runtime/protoiface"
)

// methods are what package proto calls for every message that has a
// [Reflection]. Nothing changes them.
var methods = protoiface.Methods{
	Flags:            protoiface.SupportMarshalDeterministic | protoiface.SupportUnmarshalDiscardUnknown,
	Size:             sizeMethod,
	Marshal:          marshalMethod,
	Unmarshal:        unmarshalMethod,
	Merge:            mergeMethod,
	CheckInitialized: checkMethod,
	Equal:            equalMethod,
}

// codecOf returns the message behind a view for which package proto found
// our methods.
func codecOf(m protoreflect.Message) Codec { return m.Interface().(Codec) }

func sizeMethod(in protoiface.SizeInput) protoiface.SizeOutput {
	return protoiface.SizeOutput{Size: codecOf(in.Message).ProtobufSize()}
}

// marshalMethod computes the size again, even if package proto has just asked
// for it: there is no place to keep it that other goroutines do not share.
func marshalMethod(in protoiface.MarshalInput) (protoiface.MarshalOutput, error) {
	var how Flags
	if in.Flags&protoiface.MarshalDeterministic != 0 {
		how = Deterministic
	}
	m := codecOf(in.Message)
	b, err := appendSized(in.Buf, m, m.ProtobufSize(), how)
	return protoiface.MarshalOutput{Buf: b}, err
}

func unmarshalMethod(in protoiface.UnmarshalInput) (protoiface.UnmarshalOutput, error) {
	var d Decoder
	d.begin(in.Buf, &DecodeOptions{
		DiscardUnknown: in.Flags&protoiface.UnmarshalDiscardUnknown != 0,
		Resolver:       in.Resolver,
	})
	d.depth = in.Depth
	err := codecOf(in.Message).ConsumeProtobuf(onStack(&d), in.Buf)
	var out protoiface.UnmarshalOutput
	if !d.partial {
		out.Flags = protoiface.UnmarshalInitialized
	}
	return out, err
}

// encodeStock lets protobuf-go encode the message and returns its error.
func (r *Reflection) encodeStock() error {
	stock := r.stock()
	_, err := stock.ProtoMethods().Marshal(protoiface.MarshalInput{Message: stock})
	return err
}

// unwrap returns the stock view behind m, for functions of protobuf-go that
// know their own only.
func unwrap(m protoreflect.Message) protoreflect.Message {
	if r, ok := m.(*Reflection); ok {
		return r.stock()
	}
	return m
}

func mergeMethod(in protoiface.MergeInput) protoiface.MergeOutput {
	in.Source, in.Destination = unwrap(in.Source), unwrap(in.Destination)
	return in.Destination.ProtoMethods().Merge(in)
}

func checkMethod(in protoiface.CheckInitializedInput) (protoiface.CheckInitializedOutput, error) {
	in.Message = unwrap(in.Message)
	return in.Message.ProtoMethods().CheckInitialized(in)
}

func equalMethod(in protoiface.EqualInput) protoiface.EqualOutput {
	in.MessageA, in.MessageB = unwrap(in.MessageA), unwrap(in.MessageB)
	return in.MessageA.ProtoMethods().Equal(in)
}
