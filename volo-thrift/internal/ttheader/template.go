package ttheader

import (
	"encoding/binary"
	"slices"
)

// A Template holds fields that are the same in many headers, encoded once. The
// zero Template is empty and ready. While it is being filled it belongs to one
// goroutine; once it only serves [Appender.Template], to any number.
//
// Its strings stand before its ints, so that ints which an Appender adds behind
// it, a timeout for instance, join its int section.
type Template struct {
	raw     []byte // the string section, then the int section
	ints    int    // where in raw the int section begins
	nints   int
	strings int // number of string fields
	err     error
}

// Int adds an int field.
func (t *Template) Int(id uint16, value string) {
	if len(value) > MaxFieldSize {
		t.fail(intTooLong(id, len(value)))
		return
	}
	if t.nints++; t.nints == 1 {
		t.raw = append(t.raw, blockInts, 0, 0)
	}
	t.raw = binary.BigEndian.AppendUint16(t.raw, id)
	t.raw = binary.BigEndian.AppendUint16(t.raw, uint16(len(value)))
	t.raw = append(t.raw, value...)
	binary.BigEndian.PutUint16(t.raw[t.ints+1:], uint16(t.nints))
}

// String adds a string field.
func (t *Template) String(key, value string) {
	if len(key) > MaxFieldSize || len(value) > MaxFieldSize {
		t.fail(stringTooLong("", key, len(value)))
		return
	}
	var pair []byte
	if t.strings++; t.strings == 1 {
		pair = append(pair, blockStrings, 0, 0)
	}
	pair = binary.BigEndian.AppendUint16(pair, uint16(len(key)))
	pair = append(pair, key...)
	pair = binary.BigEndian.AppendUint16(pair, uint16(len(value)))
	pair = append(pair, value...)
	t.raw = slices.Insert(t.raw, t.ints, pair...)
	t.ints += len(pair)
	binary.BigEndian.PutUint16(t.raw[1:], uint16(t.strings))
}

// Err returns the [*LimitError] of the first field that was too long and is
// therefore missing; nil if there is none. EndHeader reports it too.
func (t *Template) Err() error { return t.err }

func (t *Template) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Template appends the fields of t.
func (a *Appender) Template(b []byte, t *Template) []byte {
	a.close(b)
	if t.err != nil {
		a.fail(t.err)
	}
	if t.nints > 0 {
		a.section, a.countAt, a.count = blockInts, len(b)+t.ints+1, t.nints
	}
	return append(b, t.raw...)
}
