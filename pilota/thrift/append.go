package thrift

import "slices"

// Grow returns b with room for n more bytes. Generated code calls it where
// the room is missing, which is never if b was made for BinarySize.
//
//go:noinline
func Grow(b []byte, n int) []byte { return slices.Grow(b, n) }

// Bool returns the encoding of v.
func Bool(v bool) byte {
	if v {
		return 1
	}
	return 0
}

// Nil returns the error for a struct that is nil where it must be written.
//
//go:noinline
func Nil(structName string) error { return InStruct(ErrNil, structName) }

// NilField returns the error for a required struct that is nil.
//
//go:noinline
func NilField(structName, field string) error { return InField(ErrNil, structName, field) }

// TooLong returns the error for a string or container that Thrift cannot
// express.
//
//go:noinline
func TooLong(structName, field string) error { return InField(ErrTooLong, structName, field) }
