package thrift

import (
	"fmt"
	"math"
	"sync"
)

// MaxLength is the longest string and the largest container that Thrift can
// express.
const MaxLength = math.MaxInt32

// Marshal returns the binary protocol encoding of s, in memory of its own.
// The error, if any, is an [*EncodeError].
func Marshal(s Struct) ([]byte, error) {
	return s.AppendBinary(make([]byte, 0, s.BinarySize()))
}

// Unmarshal decodes b, which must hold one struct and nothing else, into s,
// which should be new. s keeps no reference to b. The error, if any, is a
// [*DecodeError].
func Unmarshal(b []byte, s Struct) error {
	return UnmarshalOptions(b, s, DecodeOptions{})
}

// UnmarshalOptions is [Unmarshal] with limits and a string mode.
func UnmarshalOptions(b []byte, s Struct, o DecodeOptions) error {
	d := decoders.Get().(*Decoder)
	d.Reset(b, o)
	rest, err := s.ConsumeBinary(d, b)
	if err == nil && len(rest) > 0 {
		err = d.Fail(rest, fmt.Errorf("%w: %d", ErrTrailing, len(rest)))
	}
	d.Reset(nil, DecodeOptions{}) // what was handed out is not ours to keep alive
	decoders.Put(d)
	return err
}

// decoders spares Unmarshal an allocation. Nothing that a Decoder hands out
// is recycled with it.
var decoders = sync.Pool{New: func() any { return new(Decoder) }}
