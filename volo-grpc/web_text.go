package vologrpc

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
)

// This file is the text form of gRPC-Web: base64 of what the binary form has.
// Whoever sends may pad and go on, wherever it likes.

var errText = errors.New("malformed base64")

// A textDecoder decodes base64 that comes in pieces.
type textDecoder struct {
	quantum [4]byte // the characters that make up to three bytes
	have    int     // of them
	out     []byte
}

// decode decodes the next piece; end says that it is the last. The result is
// valid until the next call.
func (d *textDecoder) decode(p []byte, end bool) ([]byte, error) {
	d.out = d.out[:0]
	for len(p) > 0 {
		if d.have > 0 || len(p) < len(d.quantum) {
			n := copy(d.quantum[d.have:], p)
			d.have += n
			p = p[n:]
			if d.have < len(d.quantum) {
				break
			}
			d.have = 0
			if err := d.whole(d.quantum[:]); err != nil {
				return nil, err
			}
			continue
		}
		n := len(p) &^ 3
		if i := bytes.IndexByte(p[:n], '='); i >= 0 {
			n = i&^3 + 4 // padding ends a run
		}
		if err := d.whole(p[:n]); err != nil {
			return nil, err
		}
		p = p[n:]
	}
	if end && d.have > 0 {
		return nil, errText
	}
	return d.out, nil
}

// whole decodes quanta of which only the last may be padded.
func (d *textDecoder) whole(p []byte) (err error) {
	if bytes.ContainsAny(p, "\r\n") {
		return errText // package base64 would skip them
	}
	if d.out, err = base64.StdEncoding.AppendDecode(d.out, p); err != nil {
		return errText
	}
	return nil
}

// appendText appends the text form of b.
func appendText(dst, b []byte) []byte { return base64.StdEncoding.AppendEncode(dst, b) }

// A textReader reads the bytes of a text.
type textReader struct {
	from io.Reader
	textDecoder
	rest []byte // decoded, not yet read
	err  error
	buf  [4 << 10]byte
}

func (r *textReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		var n int
		n, r.err = r.from.Read(r.buf[:])
		rest, err := r.decode(r.buf[:n], r.err == io.EOF)
		if err != nil {
			r.err = err
			return 0, err
		}
		r.rest = rest
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
