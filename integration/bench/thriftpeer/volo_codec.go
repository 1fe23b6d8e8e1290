package thriftpeer

import (
	"fmt"

	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/integration/bench/gen/shapes"
	"github.com/volo-go/volo/pilota/thrift"
)

// voloCodecs returns pilota's binary protocol, with each way of owning strings.
func voloCodecs() []codec.Codec {
	return []codec.Codec{
		voloCodec("volo", "Volo, strings share one copy of the message", thrift.CopyOnce),
		voloCodec("volo-copy-each", "Volo, a copy of every string", thrift.CopyEach),
		voloCodec("volo-alias", "Volo, strings are parts of the message, which must not change", thrift.Alias),
	}
}

func voloCodec(name, about string, strings thrift.StringMode) codec.Codec {
	options := thrift.DecodeOptions{Strings: strings}
	return codec.Codec{
		Name:   name,
		About:  about,
		Shapes: codec.Shapes,
		New: func(shape string, wire []byte) (codec.Case, error) {
			switch shape {
			case "small":
				return voloCase[shapes.Small](wire, options)
			case "echo":
				return voloCase[shapes.Echo](wire, options)
			case "medium":
				return voloCase[shapes.Medium](wire, options)
			case "large":
				return voloCase[shapes.Large](wire, options)
			case "ints":
				return voloCase[shapes.Ints](wire, options)
			case "ints32":
				return voloCase[shapes.Ints32](wire, options)
			case "maps":
				return voloCase[shapes.Maps](wire, options)
			case "nested":
				return voloCase[shapes.Nested](wire, options)
			}
			return codec.Case{}, fmt.Errorf("no struct for shape %q", shape)
		},
	}
}

// voloStruct is a pointer to a generated struct T.
type voloStruct[T any] interface {
	*T
	thrift.Struct
}

func voloCase[T any, P voloStruct[T]](wire []byte, options thrift.DecodeOptions) (codec.Case, error) {
	var d thrift.Decoder
	decode := func(wire []byte) (any, error) {
		d.Reset(wire, options)
		v := P(new(T))
		_, err := v.ConsumeBinary(&d, wire)
		return v, err
	}
	v, err := decode(wire)
	if err != nil {
		return codec.Case{}, err
	}
	value, buf := v.(P), []byte(nil)
	return codec.Case{
		Encode: func() ([]byte, error) {
			if n := value.BinarySize(); n > cap(buf) {
				buf = make([]byte, 0, n)
			}
			var err error
			buf, err = value.AppendBinary(buf[:0])
			return buf, err
		},
		Decode: decode,
	}, nil
}
