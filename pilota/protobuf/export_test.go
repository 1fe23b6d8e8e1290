package protobuf

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/runtime/protoiface"
)

// StockAppend encodes m with protobuf-go.
func StockAppend(b []byte, m proto.Message, deterministic bool) ([]byte, error) {
	stock := unwrap(m.ProtoReflect())
	in := protoiface.MarshalInput{Message: stock, Buf: b}
	if deterministic {
		in.Flags = protoiface.MarshalDeterministic
	}
	stock.ProtoMethods().Size(protoiface.SizeInput{Message: stock, Flags: in.Flags})
	in.Flags |= protoiface.MarshalUseCachedSize
	out, err := stock.ProtoMethods().Marshal(in)
	return out.Buf, err
}

// StockSize is the size by protobuf-go.
func StockSize(m proto.Message) int {
	stock := unwrap(m.ProtoReflect())
	return stock.ProtoMethods().Size(protoiface.SizeInput{Message: stock}).Size
}

// StockMerge decodes b into m with protobuf-go.
func StockMerge(b []byte, m proto.Message) error {
	stock := unwrap(m.ProtoReflect())
	_, err := stock.ProtoMethods().Unmarshal(protoiface.UnmarshalInput{
		Message: stock, Buf: b, Resolver: protoregistry.GlobalTypes, Depth: DefaultMaxDepth,
	})
	return err
}
