// Package protocodec holds the implementations of the Protobuf codec that need
// nothing but this repository and its go.mod. vtprotobuf, which is generated on
// demand, stands in package vtproto.
//
// They run in a binary of their own, the command in the folder child: as small
// as vtprotobuf's, so that a collection, which looks at everything that a
// program keeps, costs all codecs the same.
package protocodec

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	stockshapes "github.com/volo-go/volo/integration/bench/genproto/stock/shapes"
	voloshapes "github.com/volo-go/volo/integration/bench/genproto/volo/shapes"

	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/pilota/protobuf"
)

// Codecs returns pilota's Protobuf codec, with the two ways of owning
// strings that a server has, and protobuf-go.
func Codecs() []codec.Codec {
	decode := func(strings protobuf.StringMode) func([]byte, proto.Message) error {
		return func(b []byte, m proto.Message) error {
			return protobuf.Unmarshal(b, m, protobuf.DecodeOptions{Strings: strings})
		}
	}
	return []codec.Codec{
		newCodec("volo-proto", "Volo, Protobuf, strings share one copy of the message", voloMessages, appender, decode(protobuf.CopyOnce)),
		newCodec("volo-proto-alias", "Volo, Protobuf, strings are parts of the message, which must not change", voloMessages, appender, decode(protobuf.Alias)),
		newCodec("protobuf-go", "protobuf-go", stockMessages, stockAppender, proto.Unmarshal),
	}
}

// appender returns the method of m that appends it: methods are what vtprotobuf
// has, and what is compared.
func appender(m proto.Message) func([]byte) ([]byte, error) { return m.(protobuf.Codec).AppendProtobuf }

func stockAppender(m proto.Message) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) { return proto.MarshalOptions{}.MarshalAppend(b, m) }
}

func newCodec(
	name, about string,
	messages map[string]func() proto.Message,
	appender func(proto.Message) func([]byte) ([]byte, error),
	unmarshal func([]byte, proto.Message) error,
) codec.Codec {
	return codec.Codec{
		Name:   name,
		About:  about,
		Shapes: codec.ProtoShapes,
		New: func(shape string, wire []byte) (codec.Case, error) {
			message := messages[shape]
			if message == nil {
				return codec.Case{}, fmt.Errorf("no message for shape %q", shape)
			}
			value := message()
			if err := unmarshal(wire, value); err != nil {
				return codec.Case{}, err
			}
			appendTo, ring := appender(value), codec.NewRing(len(wire))
			return codec.Case{
				Encode: func() ([]byte, error) { return appendTo(ring.Next()) },
				Decode: func(wire []byte) (any, error) {
					m := message()
					return m, unmarshal(wire, m)
				},
			}, nil
		},
	}
}

// The messages of the shapes, by name.
var voloMessages = map[string]func() proto.Message{
	"small":      func() proto.Message { return new(voloshapes.Small) },
	"echo":       func() proto.Message { return new(voloshapes.Echo) },
	"medium":     func() proto.Message { return new(voloshapes.Medium) },
	"large":      func() proto.Message { return new(voloshapes.Large) },
	"maps":       func() proto.Message { return new(voloshapes.Maps) },
	"ints":       func() proto.Message { return new(voloshapes.Ints) },
	"ints-fixed": func() proto.Message { return new(voloshapes.Fixed) },
}

var stockMessages = map[string]func() proto.Message{
	"small":      func() proto.Message { return new(stockshapes.Small) },
	"echo":       func() proto.Message { return new(stockshapes.Echo) },
	"medium":     func() proto.Message { return new(stockshapes.Medium) },
	"large":      func() proto.Message { return new(stockshapes.Large) },
	"maps":       func() proto.Message { return new(stockshapes.Maps) },
	"ints":       func() proto.Message { return new(stockshapes.Ints) },
	"ints-fixed": func() proto.Message { return new(stockshapes.Fixed) },
}
