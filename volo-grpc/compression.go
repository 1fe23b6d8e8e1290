package vologrpc

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A Compressor compresses single messages. Its methods may be called
// concurrently and keep none of their arguments.
type Compressor interface {
	// Name is what grpc-encoding says, for example "gzip".
	Name() string
	// Compress appends the compressed src to dst.
	Compress(dst, src []byte) ([]byte, error)
	// Decompress returns what src was before. It must not produce more than
	// limit+1 bytes, whatever src claims; a result of more than limit is
	// refused by the caller.
	Decompress(src []byte, limit int) ([]byte, error)
}

// The compressions of the standard library.
var (
	// Gzip is "gzip" (RFC 1952).
	Gzip Compressor = &flate{
		name:   "gzip",
		writer: func() compressWriter { return gzip.NewWriter(io.Discard) },
		reader: func() decompressReader { return new(gzipReader) },
	}
	// Deflate is "deflate": the zlib format (RFC 1950), as HTTP has it.
	Deflate Compressor = &flate{
		name:   "deflate",
		writer: func() compressWriter { return zlib.NewWriter(io.Discard) },
		reader: func() decompressReader { return new(zlibReader) },
	}
)

// A flate is a Compressor on one of the standard library's formats. Its
// writers and readers, which are large, are reused.
type flate struct {
	name    string
	writer  func() compressWriter
	reader  func() decompressReader
	writers sync.Pool
	readers sync.Pool
}

type compressWriter interface {
	io.WriteCloser
	Reset(io.Writer)
}

type decompressReader interface {
	io.Reader
	reset(io.Reader) error
}

func (f *flate) Name() string { return f.name }

func (f *flate) Compress(dst, src []byte) ([]byte, error) {
	w, _ := f.writers.Get().(compressWriter)
	if w == nil {
		w = f.writer()
	}
	defer f.writers.Put(w)
	out := bytes.NewBuffer(dst)
	w.Reset(out)
	if _, err := w.Write(src); err != nil {
		return dst, err
	}
	if err := w.Close(); err != nil {
		return dst, err
	}
	w.Reset(io.Discard) // keeps no memory of ours
	return out.Bytes(), nil
}

func (f *flate) Decompress(src []byte, limit int) ([]byte, error) {
	r, _ := f.readers.Get().(decompressReader)
	if r == nil {
		r = f.reader()
	}
	if err := r.reset(bytes.NewReader(src)); err != nil {
		return nil, err
	}
	out := bytes.NewBuffer(make([]byte, 0, min(4*len(src)+64, limit+1)))
	if _, err := out.ReadFrom(io.LimitReader(r, int64(limit)+1)); err != nil {
		return nil, err
	}
	r.reset(bytes.NewReader(nil)) // lets go of src; that it is no input is no news
	f.readers.Put(r)
	return out.Bytes(), nil
}

type gzipReader struct{ gzip.Reader }

func (r *gzipReader) reset(src io.Reader) error { return r.Reader.Reset(src) }

type zlibReader struct{ io.ReadCloser }

func (r *zlibReader) reset(src io.Reader) (err error) {
	if r.ReadCloser == nil {
		r.ReadCloser, err = zlib.NewReader(src)
		return err
	}
	return r.ReadCloser.(zlib.Resetter).Reset(src, nil)
}

// identity is the name of no compression.
const identity = "identity"

// compressors are those that one side understands.
type compressors []Compressor

// find returns the compressor of a name, nil for identity.
func (cs compressors) find(name string) (c Compressor, ok bool) {
	n, ok := cs.number(name)
	return cs.at(n), ok
}

// number returns a small stand-in for the compressor of a name: 0 for
// identity.
func (cs compressors) number(name string) (n uint8, ok bool) {
	if name == "" || name == identity {
		return 0, true
	}
	for i, c := range cs {
		if c.Name() == name && i < 255 {
			return uint8(i + 1), true
		}
	}
	return 0, false
}

// at returns the compressor of a number.
func (cs compressors) at(n uint8) Compressor {
	if n == 0 {
		return nil
	}
	return cs[n-1]
}

// names lists them for grpc-accept-encoding.
func (cs compressors) names() string {
	var names []string
	for _, c := range cs {
		names = append(names, c.Name())
	}
	return strings.Join(names, ",")
}

// accepts reports whether name is in a list that a peer sent.
func accepts(list, name string) bool {
	for s := range strings.SplitSeq(list, ",") {
		if strings.TrimSpace(s) == name {
			return true
		}
	}
	return false
}

// SetCompression has the answer to a call sent with the [Compressor] of that name,
// "identity" for none, instead of the one its request came with. It fails if the
// server does not have it (see [WithCompressors]), the caller does not accept it,
// once a part of the answer was sent, and outside a handler.
func SetCompression(ctx context.Context, name string) error {
	s := streamOf(ctx)
	if s == nil {
		return errNoHandler
	}
	n, ok := s.server.o.compressors.number(name)
	switch list := s.head().AcceptEncoding; {
	case !ok:
		return fmt.Errorf("vologrpc: compression %q is not among WithCompressors", name)
	case n != 0 && !accepts(list, name):
		return fmt.Errorf("vologrpc: the caller does not accept the compression %q, only %q", name, list)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.headSent.Load() || s.body != nil {
		return errHeaderSent
	}
	s.out = n
	return nil
}

var errUnannounced = errors.New("the message is compressed, the header does not say how")

// inflate returns the bytes of a message that has arrived.
func inflate(m http2.Message, c Compressor, limit int) ([]byte, error) {
	if len(m.Data) > limit {
		return nil, overLimit("WithMaxReceiveSize", limit, len(m.Data))
	}
	if !m.Compressed {
		return m.Data, nil
	}
	if c == nil {
		return nil, &Error{Code: Internal, Message: errUnannounced.Error(), Err: errUnannounced}
	}
	b, err := c.Decompress(m.Data, limit)
	if err != nil {
		return nil, &Error{Code: Internal, Message: fmt.Sprintf("decompress %s: %v", c.Name(), err), Err: err}
	}
	if len(b) > limit {
		return nil, overLimit("WithMaxReceiveSize", limit, len(b))
	}
	return b, nil
}

func overLimit(option string, limit, got int) *Error {
	err := &LimitError{Option: option, Limit: limit, Got: got}
	return &Error{Code: ResourceExhausted, Message: err.Error(), Err: err}
}
