package protobuf

import "unsafe"

// Text consumes a string that has to be UTF-8: its length at b[i:], and its
// bytes. It returns the position after it, or a negative one if there is no
// such string. Where its bytes live, [StringMode] says.
func (d *Decoder) Text(b []byte, i int) (s string, next int) {
	if i < len(b) && b[i] < 0x80 && int(b[i]) < len(b)-i {
		i, next = i+1, i+1+int(b[i])
	} else if i, next = span(b, i); next < 0 {
		return "", -1
	}
	if !isUTF8(b[i:next]) {
		return "", -1
	}
	return d.cut(b, i, next), next
}

// String is [Decoder.Text] for strings that may hold any bytes.
func (d *Decoder) String(b []byte, i int) (s string, next int) {
	i, next = span(b, i)
	if next < 0 {
		return "", -1
	}
	return d.cut(b, i, next), next
}

// Bytes is [Decoder.String] for bytes, which are never nil. Appending to the
// result never writes to memory of others.
func (d *Decoder) Bytes(b []byte, i int) (s []byte, next int) {
	i, next = span(b, i)
	if next < 0 {
		return nil, -1
	}
	if i == next {
		return []byte{}, next
	}
	if d.strings == CopyEach {
		return append([]byte(nil), b[i:next]...), next
	}
	n := next - i
	return d.part(b, i, next)[:n:n], next
}

// cut returns b[i:next] as a string.
func (d *Decoder) cut(b []byte, i, next int) string {
	n := next - i
	// Safety: the bytes that the string is made of are at least one byte of
	// one live slice, and nobody writes to them; for part see there.
	if at := d.offset(b) + i - d.from; at >= 0 && at+n <= len(d.text) && n > 0 {
		return unsafe.String(&d.text[at], n)
	}
	if n == 0 {
		return ""
	}
	if d.strings == CopyEach {
		return string(b[i:next])
	}
	return unsafe.String(&d.part(b, i, next)[0], n)
}

// part returns b[i:next], followed by more, as a part of the message itself or
// of a private copy, making the copy if it is not there: of the message from
// b[i] to the end, or of the part alone if hardly anything follows.
//
// Strings and bytes are cut from the copy without overlap: each follows a
// length of its own in the message and is consumed once, from left to right.
// The holder of bytes may write to them (their capacity ends with them) and
// cannot reach a string. The Decoder itself never writes to a copy after it
// has been made.
func (d *Decoder) part(b []byte, i, next int) []byte {
	at := d.offset(b) + i - d.from
	if at < 0 || at+next-i > len(d.text) {
		d.copyRest(b, i, next)
		at = 0
	}
	return d.text[at:]
}

//go:noinline
func (d *Decoder) copyRest(b []byte, i, next int) {
	rest := b[i : cap(b)-d.slack]
	if n := next - i; len(rest)-n <= n/16 {
		rest = rest[:n]
	}
	text := make([]byte, len(rest)) // with copy at once, it is not cleared first
	copy(text, rest)
	d.text = text
	d.from = d.offset(b) + i
}
