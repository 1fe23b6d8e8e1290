package protobuf

import "unsafe"

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
	if !isUTF8(s) {
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

// part returns the part of a private copy that equals s, followed by more,
// making the copy if it is not there: of the message from s to the end, or of
// s alone if hardly anything follows.
//
// Strings and bytes are cut from the copy without overlap: each follows a
// length of its own in the message and is consumed once, from left to right.
// The holder of bytes may write to them (their capacity ends with them) and
// cannot reach a string. The Decoder itself never writes to a copy after it
// has been made.
func (d *Decoder) part(s []byte) []byte {
	at := d.whole - cap(s) - d.from
	if at < 0 || at+len(s) > len(d.text) {
		at = 0
		d.copyRest(s)
	}
	return d.text[at:]
}

//go:noinline
func (d *Decoder) copyRest(s []byte) {
	rest := s[:cap(s)-d.slack]
	if len(rest)-len(s) <= len(s)/16 {
		rest = s
	}
	text := make([]byte, len(rest)) // with copy at once, it is not cleared first
	copy(text, rest)
	d.text = text
	d.from = d.whole - cap(s)
}
