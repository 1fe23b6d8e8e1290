package protobuf

import (
	"slices"

	"google.golang.org/protobuf/proto"
)

// A Codec is a message with encoding and decoding code of its own. Generated
// messages implement it; a nil one is an empty message that cannot be decoded
// into.
type Codec interface {
	proto.Message

	// ProtobufSize returns the exact number of bytes that encoding takes.
	ProtobufSize() int

	// AppendProtobuf appends the encoding to b and returns the extended
	// slice. It fails if a required field is not set, and if a string that
	// has to be UTF-8 is not.
	AppendProtobuf(b []byte) ([]byte, error)

	// PutProtobuf writes the encoding so that it ends before b[i], and
	// returns where it begins, or a negative number if there is no encoding.
	// There must be room for ProtobufSize bytes.
	PutProtobuf(b []byte, i int, how Flags) int

	// ConsumeProtobuf merges b, which is one encoded message and a part of
	// what d was made ready for, into the receiver. It keeps neither d nor,
	// but for [Alias], b. On an error the receiver is partly filled. Required
	// fields that are missing are no error here; [Decoder.Check] finds them.
	ConsumeProtobuf(d *Decoder, b []byte) error
}

// Flags say how to encode.
type Flags uint8

// Deterministic asks for map entries in the order of their keys. Everything
// else is in order anyway.
const Deterministic Flags = 1

// Size returns the exact number of bytes that encoding m takes.
func Size(m proto.Message) int {
	if c, ok := m.(Codec); ok {
		return c.ProtobufSize()
	}
	if seconds, nanos, ok := instant(m); ok {
		return sizeInstant(seconds, nanos)
	}
	return proto.Size(m)
}

// Marshal returns the encoding of m in memory of its own.
func Marshal(m proto.Message) ([]byte, error) { return Append(nil, m) }

// Append appends the encoding of m to b, growing it at most once, and returns
// the extended slice. On an error that is b.
func Append(b []byte, m proto.Message) ([]byte, error) {
	if c, ok := m.(Codec); ok {
		return c.AppendProtobuf(b)
	}
	return proto.MarshalOptions{}.MarshalAppend(b, m)
}

// Extend returns b with n more bytes, growing it if need be. Generated code
// calls it.
func Extend(b []byte, n int) []byte {
	if cap(b)-len(b) >= n {
		return b[:len(b)+n]
	}
	return slices.Grow(b, n)[:len(b)+n]
}

// AppendExactly appends m, growing b by no more than that takes. Generated code
// calls it when there is no room for the longest encoding.
//
//go:noinline
func AppendExactly(b []byte, m Codec) ([]byte, error) {
	return appendSized(b, m, m.ProtobufSize(), 0)
}

// appendSized appends a message whose size is known.
func appendSized(b []byte, m Codec, size int, how Flags) ([]byte, error) {
	start := len(b)
	b = Extend(b, size)
	if m.PutProtobuf(b[start:], size, how) != 0 {
		return b[:start], WhyNot(m)
	}
	return b, nil
}

// WhyNot returns the error for a message that has no encoding. Generated code
// calls it. The stock encoder has the words.
//
//go:noinline
func WhyNot(m Codec) error {
	if r, ok := m.ProtoReflect().(*Reflection); ok {
		if err := r.encodeStock(); err != nil {
			return err
		}
	}
	return ErrChanged
}

// Unmarshal merges b, which must be one encoded message, into m, which should
// be new. m keeps no reference to b unless o asks for it.
func Unmarshal(b []byte, m proto.Message, o DecodeOptions) error {
	c, ok := m.(Codec)
	if !ok {
		return unmarshalForeign(b, m, o)
	}
	var d Decoder
	d.begin(b, &o)
	if err := c.ConsumeProtobuf(onStack(&d), b); err != nil {
		return err
	}
	return d.Check(c)
}

func unmarshalForeign(b []byte, m proto.Message, o DecodeOptions) error {
	return proto.UnmarshalOptions{
		Merge:          true,
		DiscardUnknown: o.DiscardUnknown,
		RecursionLimit: o.MaxDepth,
		Resolver:       o.Resolver,
	}.Unmarshal(b, m)
}
