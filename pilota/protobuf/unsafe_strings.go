package protobuf

import (
	"encoding/binary"
	"unicode/utf8"
	"unsafe"
)

// String returns s, a part of the message, as a string. Where its bytes live,
// [StringMode] says.
func (d *Decoder) String(s []byte) string {
	if len(s) == 0 {
		return ""
	}
	// Safety, for all three modes: the bytes that the string is made of are
	// at least one byte of one live slice, and nobody writes to them. For part
	// see there; a fresh copy is known to nobody else.
	switch d.strings {
	case CopyOnce:
		return unsafe.String(&d.part(s)[0], len(s))
	case Alias:
		return unsafe.String(&s[0], len(s))
	}
	return string(s)
}

// Text is [Decoder.String] for strings that have to be UTF-8; ok tells
// whether s is.
func (d *Decoder) Text(s []byte) (v string, ok bool) {
	if !isASCII(s) && !utf8.Valid(s) {
		return "", false
	}
	return d.String(s), true
}

// Bytes returns s, a part of the message, as bytes that are never nil.
// Appending to the result never writes to memory of others.
func (d *Decoder) Bytes(s []byte) []byte {
	n := len(s)
	if n == 0 {
		return []byte{}
	}
	switch d.strings {
	case CopyOnce:
		return d.part(s)[:n:n]
	case Alias:
		return s[:n:n]
	}
	return append([]byte(nil), s...)
}

// part returns the part of the private copy that equals s, followed by more,
// making the copy if it is not there. Parts of a message are consumed from
// left to right, so s is never left of the first string.
//
// Strings and bytes are cut from the copy without overlap: each follows a
// length of its own in the message and is consumed once. The holder of bytes
// may write to them (their capacity ends with them) and cannot reach a
// string. The Decoder itself never writes to the copy after it has been made.
func (d *Decoder) part(s []byte) []byte {
	at := d.whole - cap(s)
	if d.text == nil {
		d.text, d.from = append([]byte(nil), s[:cap(s)-d.slack]...), at
	}
	return d.text[at-d.from:]
}

// ValidString reports whether s is UTF-8.
func ValidString(s string) bool {
	// Safety: the bytes are only read, and not beyond the call.
	if isASCII(unsafe.Slice(unsafe.StringData(s), len(s))) {
		return true
	}
	return utf8.ValidString(s)
}

// isASCII reports whether all bytes of s are below 0x80, 32 at a time.
func isASCII(s []byte) bool {
	const high = 0x8080808080808080
	for len(s) >= 32 {
		w := binary.LittleEndian.Uint64(s) | binary.LittleEndian.Uint64(s[8:])
		w |= binary.LittleEndian.Uint64(s[16:]) | binary.LittleEndian.Uint64(s[24:])
		if w&high != 0 {
			return false
		}
		s = s[32:]
	}
	for len(s) >= 8 {
		if binary.LittleEndian.Uint64(s)&high != 0 {
			return false
		}
		s = s[8:]
	}
	var w byte
	for _, c := range s {
		w |= c
	}
	return w < 0x80
}
