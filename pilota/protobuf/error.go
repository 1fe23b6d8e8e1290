package protobuf

import (
	"errors"
	"fmt"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// What can be wrong. Test with errors.Is. Faults of a message that is decoded
// come as a [*DecodeError], which says where; like every error of
// google.golang.org/protobuf they match proto.Error.
var (
	ErrTruncated   = errors.New("message ends too early")
	ErrInvalidTag  = errors.New("invalid tag")
	ErrInvalidWire = errors.New("invalid value for its wire type")
	ErrInvalidUTF8 = errors.New("string is not valid UTF-8")
	ErrEndGroup    = errors.New("end of a group that was not begun")
	ErrDepth       = errors.New("nesting exceeds DecodeOptions.MaxDepth")
	ErrSize        = errors.New("message exceeds DecodeOptions.MaxSize")

	// ErrChanged reports that a message was changed while it was encoded.
	ErrChanged = errors.New("protobuf: message was changed while it was encoded")
)

// A DecodeError says what is malformed and where.
type DecodeError struct {
	Offset int   // bytes of the message before the fault
	Err    error // for example, [ErrTruncated]
	root   protoreflect.FullName
	rest   string // ".items[3].name"
}

// Path is the place in terms of the schema, like "shop.Cart.items.name". It
// is empty if no field is concerned.
func (e *DecodeError) Path() string { return string(e.root) + e.rest }

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

// Is reports that the error matches proto.Error.
func (e *DecodeError) Is(target error) bool { return target == proto.Error }

func (e *DecodeError) Error() string {
	if p := e.Path(); p != "" {
		return fmt.Sprintf("protobuf: decode %s at offset %d: %v", p, e.Offset, e.Err)
	}
	return fmt.Sprintf("protobuf: decode at offset %d: %v", e.Offset, e.Err)
}

// fail returns err at b[i:], in the field of m that tag belongs to.
func (d *Decoder) fail(m proto.Message, b []byte, i int, tag uint64, err error) error {
	return in(m, tag, &DecodeError{Offset: d.offset(b) + i, Err: err})
}

// Malformed returns the error for the field at b[start:], whose tag or value
// cannot be read. Generated code calls it, with a nil m inside map entries.
//
//go:noinline
func (d *Decoder) Malformed(m proto.Message, b []byte, start int) error {
	tag, i := Varint(b, start)
	switch {
	case i < 0:
		return d.fail(m, b, start, 0, d.whyNoVarint(b, start))
	case tag>>3 == 0 || tag>>3 > maxNumber:
		return d.fail(m, b, start, 0, ErrInvalidTag)
	}
	switch tag & 7 {
	case wireVarint:
		return d.fail(m, b, i, tag, d.whyNoVarint(b, i))
	case wireBytes:
		n, next := Varint(b, i)
		if next < 0 {
			return d.fail(m, b, i, tag, d.whyNoVarint(b, i))
		}
		// Nothing else can be wrong with bytes that are there.
		if n <= uint64(len(b)-next) {
			return d.fail(m, b, next, tag, ErrInvalidUTF8)
		}
	}
	return d.fail(m, b, i, tag, ErrTruncated)
}

// whyNoVarint tells a varint that ends too early from one that does not end.
func (d *Decoder) whyNoVarint(b []byte, i int) error {
	if len(b)-i < 10 {
		return ErrTruncated
	}
	return ErrInvalidWire
}

// MalformedPacked returns the error for packed values of which one cannot be
// read.
//
//go:noinline
func (d *Decoder) MalformedPacked(m proto.Message, packed []byte, tag uint64) error {
	return d.fail(m, packed, 0, tag, ErrInvalidWire)
}

// TooDeep returns the error for a message that nests too deep.
//
//go:noinline
func (d *Decoder) TooDeep(b []byte) error {
	return &DecodeError{Offset: d.offset(b), Err: ErrDepth}
}

// Unended returns the error for a group without an end.
//
//go:noinline
func (d *Decoder) Unended(b []byte) error {
	return &DecodeError{Offset: d.offset(b) + len(b), Err: ErrTruncated}
}

// In adds to err that it happened in the field of m that tag belongs to.
// Generated code calls it on the way out.
//
//go:noinline
func In(m proto.Message, tag uint64, err error) error { return in(m, tag, err) }

func in(m proto.Message, tag uint64, err error) error {
	e, ok := err.(*DecodeError)
	if !ok || m == nil || tag>>3 == 0 {
		return err
	}
	desc := m.ProtoReflect().Descriptor()
	e.root = desc.FullName()
	f := desc.Fields().ByNumber(protoreflect.FieldNumber(tag >> 3))
	switch {
	case f == nil || strings.HasPrefix(e.rest, elided):
	case len(e.rest) > maxPath:
		e.rest = elided + e.rest
	default:
		e.rest = "." + string(f.Name()) + e.rest
	}
	return e
}

// A path is cut short in its middle, so that a message which nests deep cannot
// make it long.
const (
	maxPath = 200
	elided  = ".."
)
