package ttheader

import (
	"encoding/binary"
	"strconv"
)

// An Appender appends one frame to a buffer: Begin, then the fields, then
// EndHeader, then the caller's payload, then End. The zero Appender is ready;
// after End it is ready again. It keeps offsets, never the buffer, so the
// caller may let the buffer grow as it likes, provided that it does not move
// what Begin appended.
//
// Ints and strings may come in any order. Consecutive fields of one kind share
// a section; each change of kind opens a new one, which costs 3 bytes, so group
// them.
//
// A field that is too long is left out and reported by EndHeader.
type Appender struct {
	start   int  // of the frame in the buffer
	section byte // the kind of the open section, 0 if none is open
	countAt int  // where its count stands
	count   int
	err     error // the first field that did not fit
}

// Begin appends the fixed part of a header.
func (a *Appender) Begin(b []byte, flags uint16, seq int32, protocol byte) []byte {
	*a = Appender{start: len(b)}
	return append(b,
		0, 0, 0, 0, // LENGTH, see End
		Magic>>8, Magic&0xff,
		byte(flags>>8), byte(flags),
		byte(seq>>24), byte(seq>>16), byte(seq>>8), byte(seq),
		0, 0, // HSIZE, see EndHeader
		protocol,
		0) // no transforms
}

// Int appends an int field.
func (a *Appender) Int(b []byte, id uint16, value string) []byte {
	if len(value) > MaxFieldSize {
		a.fail(intTooLong(id, len(value)))
		return b
	}
	b = a.next(b, blockInts)
	b = append(b, byte(id>>8), byte(id), byte(len(value)>>8), byte(len(value)))
	return append(b, value...)
}

// IntDecimal appends an int field whose value is n in decimal.
func (a *Appender) IntDecimal(b []byte, id uint16, n int64) []byte {
	b = a.next(b, blockInts)
	b = append(b, byte(id>>8), byte(id))
	return appendDecimal(b, n)
}

// String appends a string field.
func (a *Appender) String(b []byte, key, value string) []byte {
	return a.StringPrefixed(b, "", key, value)
}

// StringPrefixed appends a string field whose key is prefix followed by key.
func (a *Appender) StringPrefixed(b []byte, prefix, key, value string) []byte {
	n := len(prefix) + len(key)
	if n > MaxFieldSize || len(value) > MaxFieldSize {
		a.fail(stringTooLong(prefix, key, len(value)))
		return b
	}
	b = a.next(b, blockStrings)
	b = append(b, byte(n>>8), byte(n))
	b = append(b, prefix...)
	b = append(b, key...)
	b = append(b, byte(len(value)>>8), byte(len(value)))
	return append(b, value...)
}

// StringDecimal appends a string field whose value is n in decimal.
func (a *Appender) StringDecimal(b []byte, key string, n int64) []byte {
	if len(key) > MaxFieldSize {
		a.fail(stringTooLong("", key, 0))
		return b
	}
	b = a.next(b, blockStrings)
	b = append(b, byte(len(key)>>8), byte(len(key)))
	b = append(b, key...)
	return appendDecimal(b, n)
}

// ACLToken appends the ACL token block. Kitex reads it as the string
// [KeyACLToken]; Volo skips it. A string field with that key reaches both.
func (a *Appender) ACLToken(b []byte, token string) []byte {
	if len(token) > MaxFieldSize {
		a.fail(&LimitError{What: "ACL token", Size: len(token), Limit: MaxFieldSize})
		return b
	}
	a.close(b)
	b = append(b, blockACL, byte(len(token)>>8), byte(len(token)))
	return append(b, token...)
}

// EndHeader pads the header and fills in its size. If it fails, with a
// [*LimitError] that names what is too long, it returns the buffer as Begin got
// it.
func (a *Appender) EndHeader(b []byte) ([]byte, error) {
	a.close(b)
	for (len(b)-a.start-fixedSize)%4 != 0 {
		b = append(b, blockPadding)
	}
	size := len(b) - a.start - fixedSize
	if a.err == nil && size > MaxHeaderSize {
		a.err = &LimitError{What: "header", Size: size, Limit: MaxHeaderSize}
	}
	if a.err != nil {
		return b[:a.start], a.err
	}
	binary.BigEndian.PutUint16(b[a.start+12:], uint16(size/4))
	return b, nil
}

// End fills in the length of the frame, which ends where b ends. If the frame
// is longer than [MaxFrameSize], it fails with a [*LimitError] and returns the
// buffer as Begin got it.
func (a *Appender) End(b []byte) ([]byte, error) {
	size := len(b) - a.start
	if size > MaxFrameSize {
		return b[:a.start], &LimitError{What: "frame", Size: size, Limit: MaxFrameSize}
	}
	binary.BigEndian.PutUint32(b[a.start:], uint32(size-4))
	return b, nil
}

// next makes room for a field in the open section if it is of that kind, else
// in a new one.
func (a *Appender) next(b []byte, section byte) []byte {
	if a.section != section {
		a.close(b)
		a.section, a.countAt, a.count = section, len(b)+1, 0
		b = append(b, section, 0, 0)
	}
	a.count++
	return b
}

// close fills in the count of the open section. More fields than a count can
// say do not fit into a header either, which EndHeader reports.
func (a *Appender) close(b []byte) {
	if a.section != 0 {
		binary.BigEndian.PutUint16(b[a.countAt:], uint16(a.count))
		a.section = 0
	}
}

func (a *Appender) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// appendDecimal appends the length of n in decimal and n.
func appendDecimal(b []byte, n int64) []byte {
	at := len(b)
	b = strconv.AppendInt(append(b, 0, 0), n, 10)
	b[at+1] = byte(len(b) - at - 2) // at most 20
	return b
}
