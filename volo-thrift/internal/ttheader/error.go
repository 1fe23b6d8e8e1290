package ttheader

import (
	"fmt"
	"strconv"
)

// A FormatError says that a frame is malformed and where.
type FormatError struct {
	Offset int    // from the frame's first byte
	What   string // what is wrong there
}

func (e *FormatError) Error() string {
	return fmt.Sprintf("ttheader: at byte %d: %s", e.Offset, e.What)
}

// A LimitError says that something is longer than allowed.
type LimitError struct {
	What        string // for example, "value of int 9 (ToMethod)"
	Size, Limit int    // in bytes
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("ttheader: %s has %d bytes, the limit is %d", e.What, e.Size, e.Limit)
}

// An UnsupportedError says that a frame is well formed but asks for something
// that this package does not know.
type UnsupportedError struct {
	What string // for example, "transform 1 (zlib)"
}

func (e *UnsupportedError) Error() string {
	return "ttheader: " + e.What + " is not supported"
}

func unsupportedTransform(id byte) error {
	what := "transform " + strconv.Itoa(int(id))
	switch id {
	case 1:
		what += " (zlib)"
	case 3:
		what += " (snappy)"
	}
	return &UnsupportedError{What: what}
}

func intTooLong(id uint16, size int) error {
	what := "value of int " + strconv.Itoa(int(id))
	if name := IntName(id); name != "" {
		what += " (" + name + ")"
	}
	return &LimitError{What: what, Size: size, Limit: MaxFieldSize}
}

func stringTooLong(prefix, key string, value int) error {
	if n := len(prefix) + len(key); n > MaxFieldSize {
		name := prefix + key
		return &LimitError{What: "key of string " + strconv.Quote(name[:64]+"…"), Size: n, Limit: MaxFieldSize}
	}
	return &LimitError{What: "value of string " + strconv.Quote(prefix+key), Size: value, Limit: MaxFieldSize}
}
