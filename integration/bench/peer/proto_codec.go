package peer

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	stockshapes "github.com/volo-go/volo/integration/bench/genproto/stock/shapes"
	voloshapes "github.com/volo-go/volo/integration/bench/genproto/volo/shapes"

	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/pilota/protobuf"
)

// protoCodecs returns pilota's Protobuf codec, with the two ways of owning
// strings that a server has, and protobuf-go.
func protoCodecs() []codec.Codec {
	decode := func(strings protobuf.StringMode) func([]byte, proto.Message) error {
		return func(b []byte, m proto.Message) error {
			return protobuf.Unmarshal(b, m, protobuf.DecodeOptions{Strings: strings})
		}
	}
	return []codec.Codec{
		protoCodec("volo-proto", "Volo, Protobuf, strings share one copy of the message", voloShape, protobuf.Append, decode(protobuf.CopyOnce)),
		protoCodec("volo-proto-alias", "Volo, Protobuf, strings are parts of the message, which must not change", voloShape, protobuf.Append, decode(protobuf.Alias)),
		protoCodec("protobuf-go", "protobuf-go", stockShape, proto.MarshalOptions{}.MarshalAppend, proto.Unmarshal),
	}
}

func protoCodec(
	name, about string,
	message func(shape string) proto.Message,
	marshal func([]byte, proto.Message) ([]byte, error),
	unmarshal func([]byte, proto.Message) error,
) codec.Codec {
	return codec.Codec{
		Name:   name,
		About:  about,
		Shapes: codec.ProtoShapes,
		New: func(shape string, wire []byte) (codec.Case, error) {
			value := message(shape)
			if value == nil {
				return codec.Case{}, fmt.Errorf("no message for shape %q", shape)
			}
			if err := unmarshal(wire, value); err != nil {
				return codec.Case{}, err
			}
			var buf []byte
			return codec.Case{
				Encode: func() (_ []byte, err error) {
					buf, err = marshal(buf[:0], value)
					return buf, err
				},
				Decode: func(wire []byte) (any, error) {
					m := message(shape)
					return m, unmarshal(wire, m)
				},
			}, nil
		},
	}
}

func voloShape(shape string) proto.Message {
	switch shape {
	case "small":
		return new(voloshapes.Small)
	case "echo":
		return new(voloshapes.Echo)
	case "medium":
		return new(voloshapes.Medium)
	case "large":
		return new(voloshapes.Large)
	case "maps":
		return new(voloshapes.Maps)
	case "ints":
		return new(voloshapes.Ints)
	case "ints-fixed":
		return new(voloshapes.Fixed)
	}
	return nil
}

func stockShape(shape string) proto.Message {
	switch shape {
	case "small":
		return new(stockshapes.Small)
	case "echo":
		return new(stockshapes.Echo)
	case "medium":
		return new(stockshapes.Medium)
	case "large":
		return new(stockshapes.Large)
	case "maps":
		return new(stockshapes.Maps)
	case "ints":
		return new(stockshapes.Ints)
	case "ints-fixed":
		return new(stockshapes.Fixed)
	}
	return nil
}
