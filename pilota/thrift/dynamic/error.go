package dynamic

import (
	"errors"
	"fmt"
	"strconv"
)

// Why a value does not suit the IDL. Those of package thrift occur as well,
// such as [thrift.ErrMissingRequired].
var (
	ErrType         = errors.New("unexpected value")
	ErrRange        = errors.New("number out of range")
	ErrUnknownField = errors.New("unknown field")
	ErrDuplicate    = errors.New("field occurs twice")
	ErrEnum         = errors.New("unknown enum value")
)

// A SyntaxError says that text is not JSON.
type SyntaxError struct {
	Offset int // bytes before the fault
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("dynamic: JSON at offset %d: %s", e.Offset, e.Reason)
}

// A TextError says that JSON, or a tree of Go values, does not suit the IDL.
type TextError struct {
	Offset int   // of the value in JSON; -1 for trees
	Err    error // for example, one that wraps [ErrType]
	root   string
	rest   string
}

// Path is the place in terms of the IDL, like "Request.items[3].price".
func (e *TextError) Path() string { return e.root + e.rest }

// Unwrap returns Err.
func (e *TextError) Unwrap() error { return e.Err }

func (e *TextError) Error() string {
	at := ""
	if e.Offset >= 0 {
		at = " at offset " + strconv.Itoa(e.Offset)
	}
	if p := e.Path(); p != "" {
		return fmt.Sprintf("dynamic: %s%s: %v", p, at, e.Err)
	}
	return fmt.Sprintf("dynamic: value%s: %v", at, e.Err)
}

// The path of a TextError grows from the fault outwards.

func inField(err error, structName, field string) error {
	if e, ok := err.(*TextError); ok {
		e.root, e.rest = structName, "."+field+e.rest
	}
	return err
}

func inStruct(err error, structName string) error {
	if e, ok := err.(*TextError); ok && e.root == "" {
		e.root = structName
	}
	return err
}

func inElement(err error, i int) error {
	return inPart(err, "["+strconv.Itoa(i)+"]")
}

func inEntry(err error, key string) error {
	return inPart(err, "["+strconv.Quote(key)+"]")
}

func inPart(err error, part string) error {
	if e, ok := err.(*TextError); ok {
		e.root, e.rest = "", part+e.rest
	}
	return err
}
