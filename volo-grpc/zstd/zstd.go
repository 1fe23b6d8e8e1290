// Package zstd is the compression "zstd" (RFC 8878) for volo-grpc. It is a
// package of its own so that only those who ask for it link it:
//
//	vologrpc.WithCompressors(zstd.New()), vologrpc.WithCompression("zstd")
package zstd

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A compressor keeps coders, which are large, for reuse.
type compressor struct {
	encoders, decoders sync.Pool
}

// New returns a compressor at the default level.
func New() vologrpc.Compressor { return new(compressor) }

func (c *compressor) Name() string { return "zstd" }

func (c *compressor) Compress(dst, src []byte) ([]byte, error) {
	e, _ := c.encoders.Get().(*zstd.Encoder)
	if e == nil {
		var err error
		if e, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err != nil {
			return dst, err
		}
	}
	defer c.encoders.Put(e)
	return e.EncodeAll(src, dst), nil
}

// A window is what a decoder must keep of what it has produced; RFC 8878 asks
// decoders to support at least 8 MiB.
const window = 8 << 20

func (c *compressor) Decompress(src []byte, limit int) ([]byte, error) {
	d, _ := c.decoders.Get().(*zstd.Decoder)
	if d == nil {
		var err error
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(window))
		if err != nil {
			return nil, fmt.Errorf("zstd: %w", err)
		}
	}
	if err := d.Reset(bytes.NewReader(src)); err != nil {
		return nil, err
	}
	// As it comes, not as the frame announces it.
	var out bytes.Buffer
	if _, err := out.ReadFrom(io.LimitReader(d, int64(limit)+1)); err != nil {
		return nil, err
	}
	if err := d.Reset(nil); err != nil { // lets go of src
		return nil, err
	}
	c.decoders.Put(d)
	return out.Bytes(), nil
}
