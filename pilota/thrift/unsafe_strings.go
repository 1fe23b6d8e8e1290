package thrift

import (
	"encoding/binary"
	"unsafe"
)

// ConsumeString reads a string from the front of b and returns what follows.
// Where its bytes live, [StringMode] says. On an error rest begins at the
// fault.
func (d *Decoder) ConsumeString(b []byte) (v string, rest []byte, err error) {
	if len(b) < 4 {
		return "", b, d.Fail(b, ErrTruncated)
	}
	n := int(binary.BigEndian.Uint32(b))
	if uint(n) > uint(len(b)-4) || n > d.maxString {
		return "", b, d.stringFault(b)
	}
	if b = b[4:]; n == 0 {
		return "", b, nil
	}
	// Safety, for all three modes: the bytes that the string is made of are
	// n ≥ 1 bytes of one live slice, and nobody writes to them. For part see
	// there; a fresh copy is known to nobody else.
	switch d.strings {
	case CopyOnce:
		return unsafe.String(&d.part(b)[0], n), b[n:], nil
	case Alias:
		d.aliased = true
		return unsafe.String(&b[0], n), b[n:], nil
	}
	return string(b[:n]), b[n:], nil
}

// ConsumeBytes reads a binary from the front of b and returns what follows.
// The binary is never nil, and appending to it never writes to memory of
// others. On an error rest begins at the fault.
func (d *Decoder) ConsumeBytes(b []byte) (v, rest []byte, err error) {
	if len(b) < 4 {
		return nil, b, d.Fail(b, ErrTruncated)
	}
	n := int(binary.BigEndian.Uint32(b))
	if uint(n) > uint(len(b)-4) || n > d.maxString {
		return nil, b, d.stringFault(b)
	}
	if b = b[4:]; n == 0 {
		return []byte{}, b, nil
	}
	switch d.strings {
	case CopyOnce:
		return d.part(b)[:n:n], b[n:], nil
	case Alias:
		d.aliased = true
		return b[:n:n], b[n:], nil
	}
	return append([]byte(nil), b[:n]...), b[n:], nil
}

// part returns the suffix of the private copy that equals b, making the copy
// if it is not there. b is a suffix of the message and only gets shorter, so
// the length alone tells the position.
//
// Strings and binaries are cut from it without overlap: each follows a length
// of its own in the message and is consumed once. The holder of a binary may
// write to it (its capacity ends with it) and cannot reach a string. The
// Decoder itself never writes to the copy after it has been made.
func (d *Decoder) part(b []byte) []byte {
	if len(d.text) < len(b) {
		d.text = append([]byte(nil), b...)
	}
	return d.text[len(d.text)-len(b):]
}

//go:noinline
func (d *Decoder) stringFault(b []byte) error {
	n := int32(binary.BigEndian.Uint32(b))
	if n >= 0 && int(n) <= len(b)-4 {
		return d.tooLong(b, int(n))
	}
	return d.badLength(b, n, "string of %d bytes")
}
