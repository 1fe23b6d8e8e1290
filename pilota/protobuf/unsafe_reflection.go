package protobuf

import (
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/runtime/protoimpl"
)

// A Reflection is the reflective view of a generated message. It is the
// stock one, apart from ProtoMethods: what proto.Marshal, proto.Unmarshal and
// proto.Size ask there is answered with the [Codec] of the message.
//
// Like the stock view it is the first field of the message, seen as a pointer
// to a type with other methods, and costs no memory.
type Reflection protoimpl.MessageState

var _ protoreflect.Message = (*Reflection)(nil)

// stock returns the view that protobuf-go made.
func (r *Reflection) stock() protoreflect.Message {
	// Safety: a *Reflection is made of the address of a message's first field,
	// a protoimpl.MessageState, which is how protobuf-go's own generated code
	// calls MessageStateOf.
	return protoimpl.X.MessageStateOf(protoimpl.Pointer(r))
}
