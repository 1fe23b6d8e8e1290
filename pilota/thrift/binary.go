package thrift

import "encoding/binary"

// Field keys. Generated code looks at the header of a field, one byte of type
// and two of id, as one number: 0x0B0001 is a string with id 1.
const (
	// badKey is no field's key: types end far below 0xFF.
	badKey = 0xFFFFFF
)

// FieldKey returns the header at the front of b as type<<16 | id. A key below
// 1<<16 is a stop, which takes one byte; all others take three. If b is too
// short to tell, the key matches no field and [Decoder.ConsumeUnknown] reports
// it.
func FieldKey(b []byte) uint32 {
	if len(b) >= 4 {
		return binary.BigEndian.Uint32(b) >> 8
	}
	return shortKey(b)
}

// shortKey is FieldKey for the last bytes of a message.
//
//go:noinline
func shortKey(b []byte) uint32 {
	switch {
	case len(b) == 0:
		return badKey
	case b[0] == byte(STOP):
		return 0
	case len(b) < 3:
		return badKey
	}
	return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
}

// ConsumeUnknown consumes the header and the value of a field that is not
// known, or not with this type, from the front of b and returns what follows.
// On an error rest begins at the fault.
func (d *Decoder) ConsumeUnknown(b []byte) (rest []byte, err error) {
	if len(b) < 3 {
		return b, d.Fail(b, ErrTruncated)
	}
	return d.Skip(b[3:], Type(b[0]))
}
