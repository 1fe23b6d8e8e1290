package http2

import (
	xhttp2 "golang.org/x/net/http2"
)

// A headerBlock is a block whose CONTINUATION frames are still coming.
type headerBlock struct {
	id     uint32 // 0 if there is none
	end    bool
	bytes  []byte
	frames int
}

// A block has at most this many CONTINUATION frames.
const maxContinuations = 64

// fits returns a [*ListSizeError] if the peer takes no list of the fields of k
// and of fields (RFC 9113, section 6.5.2). A list far over its limit costs more
// than the stream: peers end the connection, and all calls on it.
func (c *conn) fits(k *Block, fields []Field) error {
	limit := c.listLimit.Load()
	if limit == 0 {
		return nil
	}
	size := listSize(fields)
	if k != nil {
		size += listSize(k.Fields)
	}
	if uint64(size) > uint64(limit) {
		return &ListSizeError{Size: size, Limit: int(limit)}
	}
	return nil
}

func listSize(fields []Field) (size int) {
	for i := range fields {
		size += len(fields[i].Name) + len(fields[i].Value) + 32
	}
	return size
}

// maxBlock bounds a header block, in bytes. A field is hardly ever longer
// encoded than decoded; twice the limit leaves room to answer lists that are
// over it, and to go on with the connection.
func (c *Config) maxBlock() int { return 2*int(c.MaxHeaderListSize) + 16<<10 }

func (h *headerBlock) begin(id uint32, fragment []byte, end bool, cfg *Config) error {
	*h = headerBlock{id: id, end: end, bytes: append(h.bytes[:0], fragment...)}
	return h.check(cfg)
}

func (h *headerBlock) check(cfg *Config) error {
	if h.frames > maxContinuations || len(h.bytes) > cfg.maxBlock() {
		return &ConnError{Code: EnhanceYourCalm, Reason: "header block without end"}
	}
	return nil
}

func (c *conn) continuation(f *xhttp2.ContinuationFrame) error {
	h := &c.block
	if h.id == 0 {
		return protocolError("CONTINUATION without HEADERS")
	}
	h.bytes = append(h.bytes, f.HeaderBlockFragment()...)
	h.frames++
	if err := h.check(c.cfg); err != nil {
		return err
	}
	if !f.HeadersEnded() {
		return nil
	}
	id, end, block := h.id, h.end, h.bytes
	h.id = 0
	if cap(h.bytes) > 64<<10 {
		h.bytes = nil
	}
	return c.headers(id, block, end)
}
