package dynamic

import (
	"fmt"
	"math"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// A Struct is a struct, a union or an exception as it is on the wire, with the
// descriptor that says what that means. It is a [thrift.Struct]: frameworks
// carry it where generated code has types of its own.
//
// Decoding it only finds its end; what is in it is checked when somebody asks,
// with JSON or Map.
type Struct struct {
	// Type may be nil: then nobody can ask.
	Type *descriptor.Struct
	// Wire is the encoding with its stop. Nil stands for a struct without
	// fields.
	Wire []byte
}

// NewStruct returns the struct that JSON stands for, see [FromJSON].
func NewStruct(t *descriptor.Struct, text []byte, o Options) (*Struct, error) {
	wire, err := FromJSON(nil, t.Type(), text, o)
	if err != nil {
		return nil, err
	}
	return &Struct{t, wire}, nil
}

// JSON returns the struct as JSON, see [ToJSON].
func (s *Struct) JSON(o Options) ([]byte, error) {
	if s.Type == nil {
		return nil, errNoType
	}
	return ToJSON(nil, s.Type.Type(), s.bytes(), o)
}

// SetJSON replaces the struct by what JSON stands for, see [FromJSON].
func (s *Struct) SetJSON(text []byte, o Options) error {
	if s.Type == nil {
		return errNoType
	}
	wire, err := FromJSON(nil, s.Type.Type(), text, o)
	if err == nil {
		s.Wire = wire
	}
	return err
}

// Map returns the fields of the struct by their names, see [ToValue].
func (s *Struct) Map(o Options) (map[string]any, error) {
	if s.Type == nil {
		return nil, errNoType
	}
	v, err := ToValue(s.Type.Type(), s.bytes(), o)
	if err != nil {
		return nil, err
	}
	return v.(map[string]any), nil
}

// SetMap replaces the struct by what the fields say, see [FromValue].
func (s *Struct) SetMap(fields map[string]any, o Options) error {
	if s.Type == nil {
		return errNoType
	}
	wire, err := FromValue(nil, s.Type.Type(), fields, o)
	if err == nil {
		s.Wire = wire
	}
	return err
}

var errNoType = fmt.Errorf("dynamic: the struct has no descriptor")

func (s *Struct) bytes() []byte {
	if s == nil || s.Wire == nil {
		return []byte{byte(thrift.STOP)}
	}
	return s.Wire
}

// Field returns the encoded value of the field with an id as it is on the
// wire, and its type; ok is false if it is not there.
func (s *Struct) Field(id int16) (value []byte, t thrift.Type, ok bool) {
	b := s.bytes()
	for {
		key := thrift.FieldKey(b)
		if key>>16 == 0 || len(b) < 3 {
			return value, t, ok
		}
		rest, err := thrift.Skip(b[3:], thrift.Type(key>>16), math.MaxInt16)
		if err != nil {
			return nil, 0, false
		}
		if int16(key) == id {
			value, t, ok = b[3:len(b)-len(rest)], thrift.Type(key>>16), true
		}
		b = rest
	}
}

// BinarySize implements [thrift.Struct].
func (s *Struct) BinarySize() int { return len(s.bytes()) }

// AppendBinary implements [thrift.Struct].
func (s *Struct) AppendBinary(b []byte) ([]byte, error) { return append(b, s.bytes()...), nil }

// ConsumeBinary implements [thrift.Struct]. The struct has a copy of its part
// of the message.
func (s *Struct) ConsumeBinary(d *thrift.Decoder, b []byte) ([]byte, error) {
	rest, err := d.Skip(b, thrift.STRUCT)
	if err != nil {
		return rest, thrift.InStruct(err, s.name())
	}
	s.Wire = append([]byte(nil), b[:len(b)-len(rest)]...)
	return rest, nil
}

func (s *Struct) name() string {
	if s.Type == nil {
		return "struct"
	}
	return s.Type.Name
}

// String returns the struct as JSON, for human eyes.
func (s *Struct) String() string {
	if s == nil {
		return "nil"
	}
	text, err := s.JSON(Options{})
	if err != nil {
		return fmt.Sprintf("%s(%d bytes)", s.name(), len(s.Wire))
	}
	return s.name() + string(text)
}
