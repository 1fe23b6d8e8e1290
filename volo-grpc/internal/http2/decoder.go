package http2

import (
	"bytes"
	"slices"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2/hpack"
)

// A decoder reads header blocks into fields it reuses; their strings are the
// user's to keep. It belongs to the reader's goroutine.
type decoder struct {
	hpack *hpack.Decoder
	limit uint32 // of a list of fields, as SETTINGS_MAX_HEADER_LIST_SIZE counts

	fields []hpack.HeaderField
	size   uint32
	over   bool

	memory []*known // blocks that need not be decoded again
	lapses int      // how often it was emptied
	last   *known   // what decode has returned, if it is known; else nil
}

// A known block is one of indexes alone: it means the same again as long as the
// table does not change. Calls of one method between the same peers begin, and
// mostly end, with such blocks.
type known struct {
	block  []byte
	fields []hpack.HeaderField
	// request is what a server has made of it; nil if nothing yet.
	request *RequestHead
	length  int64
}

const (
	maxKnown      = 8  // blocks that are remembered
	maxKnownBytes = 32 // of one
	// A peer that changes the table more often than that is not worth it.
	maxLapses = 32
)

func newDecoder(limit uint32) *decoder {
	d := &decoder{limit: limit}
	// Strings are as long as the block at most, times 8/5 for Huffman's code.
	d.hpack = hpack.NewDecoder(maxTable, d.emit)
	return d
}

func (d *decoder) emit(f hpack.HeaderField) {
	d.size += f.Size()
	if d.size > d.limit {
		d.over = true // goes on, for the sake of the table
		return
	}
	d.fields = append(d.fields, f)
}

// recall looks a block up.
func (d *decoder) recall(block []byte) *known {
	for _, k := range d.memory {
		if bytes.Equal(k.block, block) {
			return k
		}
	}
	return nil
}

// learn remembers a block, or forgets all if it may have changed the table.
func (d *decoder) learn(block []byte) *known {
	switch {
	case d.lapses >= maxLapses:
	case !indexesAlone(block):
		if len(d.memory) > 0 {
			d.memory = nil
			d.lapses++
		}
	case len(d.memory) < maxKnown && len(block) <= maxKnownBytes && !d.over:
		k := &known{block: bytes.Clone(block), fields: slices.Clone(d.fields)}
		d.memory = append(d.memory, k)
		return k
	}
	return nil
}

// indexesAlone reports whether a block consists of indexed fields of a byte each
// (RFC 7541, section 6.1).
func indexesAlone(block []byte) bool {
	for _, c := range block {
		if c <= 0x80 || c == 0xff {
			return false
		}
	}
	return true
}

// decode reads a whole block. The fields are valid until the next call. If
// over, the list was longer than the limit, and fields is a part of it.
func (d *decoder) decode(block []byte) (fields []hpack.HeaderField, over bool, err error) {
	if d.last = d.recall(block); d.last != nil {
		return d.last.fields, false, nil
	}
	clear(d.fields)
	d.fields, d.size, d.over = d.fields[:0], 0, false
	_, err = d.hpack.Write(block)
	if err == nil {
		err = d.hpack.Close()
	}
	if err != nil {
		return nil, false, &ConnError{Code: CompressionError, Reason: err.Error()}
	}
	d.last = d.learn(block)
	return d.fields, d.over, nil
}

// checkField applies the rules for fields of HTTP/2 that are not about pseudo
// fields (RFC 9113, section 8.2). It returns what is wrong, "" if nothing.
func checkField(f *hpack.HeaderField) string {
	if !validName(f.Name) {
		return "invalid field name"
	}
	if !httpguts.ValidHeaderFieldValue(f.Value) {
		return "invalid field value"
	}
	switch f.Name {
	case "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade":
		return "connection-specific field " + f.Name
	case "te":
		if f.Value != "trailers" {
			return "te is not trailers"
		}
	}
	return ""
}

// validName reports whether s is a token in lower case.
func validName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || !nameByte[c] {
			return false
		}
	}
	return s != ""
}

var nameByte = func() (ok [128]bool) {
	for c := range ok {
		ok[c] = httpguts.IsTokenRune(rune(c)) && (c < 'A' || c > 'Z')
	}
	return ok
}()
