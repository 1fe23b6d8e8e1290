package vologrpc

import (
	"encoding/binary"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// trailerFlag marks the last envelope of an answer, which has the trailers.
const trailerFlag = 0x80

// appendTrailerFrame appends trailers as a body of gRPC-Web ends: in an
// envelope, as HTTP/1.1 writes fields, with names in lower case.
func appendTrailerFrame(b []byte, trailer []http2.Field) []byte {
	at := len(b)
	b = append(b, trailerFlag, 0, 0, 0, 0)
	for _, f := range trailer {
		b = append(b, f.Name...)
		b = append(b, ": "...)
		b = append(b, f.Value...)
		b = append(b, "\r\n"...)
	}
	binary.BigEndian.PutUint32(b[at+1:], uint32(len(b)-at-http2.EnvelopeSize))
	return b
}

// body returns the bytes that carry envelopes in a form, and trailers unless
// they are nil. It may be b itself, which it does not change.
func (f *webForm) body(b []byte, trailer []http2.Field, scratch *scratch) []byte {
	if trailer == nil && !f.text {
		return b
	}
	if trailer != nil {
		scratch.b = appendTrailerFrame(append(scratch.b, b...), trailer)
		b = scratch.b
	}
	if f.text {
		at := len(scratch.b)
		scratch.b = appendText(scratch.b, b)
		b = scratch.b[at:]
	}
	return b
}
