package thrift

import (
	"errors"
	"fmt"
	"strconv"
)

// What can be wrong with a message or, for the last four, with a value that
// is to become one. Test with errors.Is; the error itself is a [*DecodeError]
// or an [*EncodeError], which says where.
var (
	ErrTruncated       = errors.New("message ends too early")
	ErrTrailing        = errors.New("bytes remain after the end")
	ErrInvalidLength   = errors.New("invalid length")
	ErrInvalidType     = errors.New("invalid wire type")
	ErrElementType     = errors.New("unexpected element type")
	ErrInvalidVersion  = errors.New("not the strict binary protocol")
	ErrContainerSize   = errors.New("container exceeds DecodeOptions.MaxContainer")
	ErrStringSize      = errors.New("string exceeds DecodeOptions.MaxString")
	ErrDepth           = errors.New("nesting exceeds DecodeOptions.MaxDepth")
	ErrMissingRequired = errors.New("required field is missing")
	ErrInvalidUnion    = errors.New("union needs exactly one member")
	ErrNil             = errors.New("struct is nil")
	ErrTooLong         = errors.New("longer than 2 GiB")
)

// A DecodeError says what is malformed and where.
type DecodeError struct {
	Offset int   // bytes of the message before the fault
	Err    error // for example, one that wraps [ErrTruncated]
	where  path
}

// Path is the place in terms of the IDL, like "Request.items[3].name". It is
// empty outside of structs.
func (e *DecodeError) Path() string { return e.where.String() }

// Unwrap returns Err.
func (e *DecodeError) Unwrap() error { return e.Err }

func (e *DecodeError) Error() string {
	if p := e.Path(); p != "" {
		return fmt.Sprintf("thrift: decode %s at offset %d: %v", p, e.Offset, e.Err)
	}
	return fmt.Sprintf("thrift: decode at offset %d: %v", e.Offset, e.Err)
}

// An EncodeError says which value has no encoding.
type EncodeError struct {
	Err   error // for example, [ErrInvalidUnion]
	where path
}

// Path is the place in terms of the IDL, like "Request.items[3].name".
func (e *EncodeError) Path() string { return e.where.String() }

// Unwrap returns Err.
func (e *EncodeError) Unwrap() error { return e.Err }

func (e *EncodeError) Error() string {
	return fmt.Sprintf("thrift: encode %s: %v", e.Path(), e.Err)
}

// A path grows from the fault outwards while the error is returned, so that a
// message without fault pays nothing for it.
type path struct {
	root string // name of the outermost struct so far
	rest string // ".items[3].name"
}

func (p path) String() string { return p.root + p.rest }

// InField adds to err that it happened in a field of a struct. Generated code
// calls it on the way out, in many places and hardly ever: not inlining it
// keeps that code small. Errors from elsewhere become an [*EncodeError].
//
//go:noinline
func InField(err error, structName, field string) error {
	p := placeOf(&err)
	p.root, p.rest = structName, "."+field+p.rest
	return err
}

// InStruct adds to err the name of the struct that it happened in, for faults
// that belong to no single field.
//
//go:noinline
func InStruct(err error, structName string) error {
	placeOf(&err).root = structName
	return err
}

// InElement adds to err that it happened in the i-th element of a list or
// set, in the order of the wire.
//
//go:noinline
func InElement(err error, i int) error { return inPart(err, i, "") }

// InKey adds to err that it happened in the key of the i-th entry of a map,
// in the order of the wire.
//
//go:noinline
func InKey(err error, i int) error { return inPart(err, i, ".key") }

// InValue adds to err that it happened in the value of the i-th entry of a
// map, in the order of the wire.
//
//go:noinline
func InValue(err error, i int) error { return inPart(err, i, ".value") }

func inPart(err error, i int, part string) error {
	p := placeOf(&err)
	p.root, p.rest = "", "["+strconv.Itoa(i)+"]"+part+p.rest
	return err
}

// placeOf returns the path of *err, which it first wraps if it has none.
func placeOf(err *error) *path {
	switch e := (*err).(type) {
	case *DecodeError:
		return &e.where
	case *EncodeError:
		return &e.where
	case *ValidationError:
		return &e.where
	}
	e := &EncodeError{Err: *err}
	*err = e
	return &e.where
}

// A ValidationError says which value breaks a rule that the IDL has for it, in
// an annotation vt.*. Validate of generated code returns it.
type ValidationError struct {
	Rule  string // as the IDL has it, like "gt = 0"
	Got   any    // nil where the rule says it all
	where path
}

// Path is the place in terms of the IDL, like "Request.items[3].name".
func (e *ValidationError) Path() string { return e.where.String() }

func (e *ValidationError) Error() string {
	if e.Got == nil {
		return fmt.Sprintf("thrift: validate %s: want %s", e.Path(), e.Rule)
	}
	got := fmt.Sprintf("%v", e.Got)
	if s, ok := e.Got.(string); ok {
		got = strconv.Quote(s)
	}
	if len(got) > 64 {
		got = got[:64] + "…"
	}
	return fmt.Sprintf("thrift: validate %s: want %s, got %s", e.Path(), e.Rule, got)
}

// Invalid returns the error for a value that breaks a rule.
//
//go:noinline
func Invalid(rule string, got any) error { return &ValidationError{Rule: rule, Got: got} }

// Mod returns what remains of a divided by b, and a if b is 0: assertions of
// the IDL are about numbers that anybody may send.
func Mod(a, b int64) int64 {
	if b == 0 {
		return a
	}
	return a % b
}
