package thriftpeer

import (
	"bytes"
	"context"
	"fmt"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/integration/bench/gen/apache/shapes"
)

func apacheCodec() codec.Codec {
	return codec.Codec{
		Name:   "apache",
		About:  "Apache Thrift Go, TBinaryProtocol over a TMemoryBuffer that is kept",
		Shapes: codec.Shapes,
		New: func(shape string, wire []byte) (codec.Case, error) {
			switch shape {
			case "small":
				return apacheCase[shapes.Small](wire)
			case "echo":
				return apacheCase[shapes.Echo](wire)
			case "medium":
				return apacheCase[shapes.Medium](wire)
			case "large":
				return apacheCase[shapes.Large](wire)
			case "ints":
				return apacheCase[shapes.Ints](wire)
			case "ints32":
				return apacheCase[shapes.Ints32](wire)
			case "maps":
				return apacheCase[shapes.Maps](wire)
			case "nested":
				return apacheCase[shapes.Nested](wire)
			}
			return codec.Case{}, fmt.Errorf("no struct for shape %q", shape)
		},
	}
}

// apacheStruct is a pointer to a generated struct T.
type apacheStruct[T any] interface {
	*T
	thrift.TStruct
}

func apacheCase[T any, P apacheStruct[T]](wire []byte) (codec.Case, error) {
	ctx := context.Background()
	out, in := thrift.NewTMemoryBuffer(), thrift.NewTMemoryBuffer()
	writer := thrift.NewTBinaryProtocolConf(out, &thrift.TConfiguration{})
	reader := thrift.NewTBinaryProtocolConf(in, &thrift.TConfiguration{})

	decode := func(wire []byte) (any, error) {
		*in.Buffer = *bytes.NewBuffer(wire)
		v := P(new(T))
		return v, v.Read(ctx, reader)
	}
	v, err := decode(wire)
	if err != nil {
		return codec.Case{}, err
	}
	value := v.(P)
	return codec.Case{
		Encode: func() ([]byte, error) {
			out.Reset()
			if err := value.Write(ctx, writer); err != nil {
				return nil, err
			}
			return out.Bytes(), writer.Flush(ctx)
		},
		Decode: decode,
	}, nil
}
