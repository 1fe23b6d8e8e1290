package vologrpc

import (
	"errors"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A scratch is a buffer that messages are encoded into. It is used again, and
// nobody can have kept it: package http2 and detours copy what they are given
// before they return, compressors keep none of their arguments, and what is
// received is never put into one.
type scratch struct{ b []byte }

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// Buffers that one big message has grown beyond this are not kept.
const maxScratch = 1 << 20

func (s *scratch) release() {
	if cap(s.b) > maxScratch {
		s.b = nil
	}
	s.b = s.b[:0]
	scratches.Put(s)
}

var errNilMessage = errors.New("the message is nil")

// appendMessage appends m in its envelope, compressed with c unless that is
// nil. Its errors are statuses.
func appendMessage(b []byte, m proto.Message, c Compressor, limit int) ([]byte, error) {
	if m == nil {
		return b, &Error{Code: Internal, Message: errNilMessage.Error(), Err: errNilMessage}
	}
	at := len(b)
	if cap(b)-at < http2.EnvelopeSize { // a new buffer: once is enough
		b = slices.Grow(b, http2.EnvelopeSize+protobuf.Size(m))
	}
	b = append(b, 0, 0, 0, 0, 0)
	if c != nil {
		return appendCompressed(b, at, m, c, limit)
	}
	b, err := protobuf.Append(b, m)
	if err != nil {
		return b[:at], &Error{Code: Internal, Message: "encode: " + err.Error(), Err: err}
	}
	if n := len(b) - at - http2.EnvelopeSize; n > limit {
		return b[:at], overLimit("WithMaxSendSize", limit, n)
	}
	http2.PutEnvelope(b[at:], false)
	return b, nil
}

// appendCompressed appends m, compressed, behind the envelope at at.
func appendCompressed(b []byte, at int, m proto.Message, c Compressor, limit int) ([]byte, error) {
	plain := scratches.Get().(*scratch)
	defer plain.release()
	var err error
	if plain.b, err = protobuf.Append(plain.b, m); err != nil {
		return b[:at], &Error{Code: Internal, Message: "encode: " + err.Error(), Err: err}
	}
	if b, err = c.Compress(b, plain.b); err != nil {
		return b[:at], &Error{Code: Internal, Message: "compress " + c.Name() + ": " + err.Error(), Err: err}
	}
	if n := len(b) - at - http2.EnvelopeSize; n > limit {
		return b[:at], overLimit("WithMaxSendSize", limit, n)
	}
	http2.PutEnvelope(b[at:], true)
	return b, nil
}

// decodeMessage fills m from a message that has arrived. m may keep parts of
// it.
func (o *sharedOptions) decodeMessage(in http2.Message, m proto.Message, c Compressor, limit int) error {
	b, err := inflate(in, c, limit)
	if err != nil {
		return err
	}
	if err := protobuf.Unmarshal(b, m, o.decode); err != nil {
		return &Error{Code: Internal, Message: "decode: " + err.Error(), Err: err}
	}
	return nil
}
