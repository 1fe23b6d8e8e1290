package http2

import (
	"golang.org/x/net/http2/hpack"
)

// A Field is one header or trailer field. Names are lower case.
type Field struct{ Name, Value string }

// A Block is a list of fields that many header blocks begin with, such as
// everything about a method that does not change from call to call. It is
// made once and never changed; connections remember its encoded form by its
// address.
type Block struct{ Fields []Field }

// An encoder writes header blocks. It keeps its own picture of the peer's
// dynamic table (RFC 7541), into which it inserts the fields of Blocks, once
// each, and never so many that one would be evicted. A Block then encodes to a
// byte or two a field, and these bytes stay valid until the next insertion.
// Everything else is written without touching the table.
//
// It belongs to the writer's lock.
type encoder struct {
	limit uint32 // of the table, as the peer allows; at most maxTable
	size  uint32 // of what we inserted

	inserted   map[Field]int // order of insertion, from 0; nil before the first
	generation int           // counts insertions and resets
	blocks     map[*Block]cached

	shrink bool // the peer lowered the limit: say so first
}

type cached struct {
	generation int
	bytes      []byte
}

const (
	maxTable  = 4096 // the default of SETTINGS_HEADER_TABLE_SIZE; we use no more
	maxBlocks = 4096 // remembered; more are encoded each time
	// staticSize is the length of the static table (RFC 7541, appendix A).
	staticSize = 61
)

// setLimit follows the peer's SETTINGS_HEADER_TABLE_SIZE. A lower limit empties
// the table, since what would be evicted is all that is in it.
func (e *encoder) setLimit(n uint32) {
	n = min(n, maxTable)
	if n == e.limit {
		return
	}
	e.limit, e.size = n, 0
	clear(e.inserted)
	clear(e.blocks)
	e.generation++
	e.shrink = true
}

// begin starts a header block: after a change of the table's size it says so
// (RFC 7541, section 4.2).
func (e *encoder) begin(b []byte) []byte {
	if !e.shrink {
		return b
	}
	e.shrink = false
	b = appendInt(b, 5, 0x20, 0) // evict all
	return appendInt(b, 5, 0x20, uint64(e.limit))
}

// block appends a Block.
func (e *encoder) block(b []byte, k *Block) []byte {
	if c, ok := e.blocks[k]; ok && c.generation == e.generation {
		return append(b, c.bytes...)
	}
	for _, f := range k.Fields {
		b = e.insert(b, f)
	}
	if len(e.blocks) < maxBlocks {
		// What the next one will look like, now that all is in the table.
		var again []byte
		for _, f := range k.Fields {
			again = e.known(again, f)
		}
		if e.blocks == nil {
			e.blocks = make(map[*Block]cached)
		}
		e.blocks[k] = cached{e.generation, again}
	}
	return b
}

// insert appends a field and puts it into the table if there is room.
func (e *encoder) insert(b []byte, f Field) []byte {
	index, whole := static(f)
	if _, ok := e.inserted[f]; whole || ok {
		return e.known(b, f)
	}
	size := uint32(len(f.Name) + len(f.Value) + 32)
	if e.size+size > e.limit {
		return e.known(b, f)
	}
	if e.inserted == nil {
		e.inserted = make(map[Field]int)
	}
	e.inserted[f] = len(e.inserted)
	e.size += size
	e.generation++
	b = appendInt(b, 6, 0x40, uint64(index))
	if index == 0 {
		b = appendString(b, f.Name)
	}
	return appendString(b, f.Value)
}

// known appends a field without changing the table: as an index if it has
// one, else as a literal.
func (e *encoder) known(b []byte, f Field) []byte {
	index, whole := static(f)
	if whole {
		return appendInt(b, 7, 0x80, uint64(index))
	}
	if i, ok := e.inserted[f]; ok {
		return appendInt(b, 7, 0x80, uint64(staticSize+len(e.inserted)-i))
	}
	return literal(b, index, f)
}

// field appends a field that is not worth a place in the table.
func (e *encoder) field(b []byte, name, value string) []byte {
	f := Field{name, value}
	index, whole := static(f)
	if whole {
		return appendInt(b, 7, 0x80, uint64(index))
	}
	return literal(b, index, f)
}

// literal appends a field "without indexing" (RFC 7541, section 6.2.2). It is
// sent once, so that it is not worth Huffman's time on either side.
func literal(b []byte, nameIndex int, f Field) []byte {
	b = appendInt(b, 4, 0, uint64(nameIndex))
	if nameIndex == 0 {
		b = append(appendInt(b, 7, 0, uint64(len(f.Name))), f.Name...)
	}
	return append(appendInt(b, 7, 0, uint64(len(f.Value))), f.Value...)
}

// static looks f up in the part of the static table that gRPC has use for.
func static(f Field) (index int, whole bool) {
	switch f.Name {
	case ":authority":
		return 1, false
	case ":method":
		return 3, f.Value == "POST"
	case ":path":
		return 4, f.Value == "/"
	case ":scheme":
		if f.Value == "https" {
			return 7, true
		}
		return 6, f.Value == "http"
	case ":status":
		if f.Value == "200" {
			return 8, true
		}
		return 8, false
	case "content-type":
		return 31, false
	case "user-agent":
		return 58, false
	}
	return 0, false
}

// appendInt appends an integer with a prefix of n bits (RFC 7541, section
// 5.1); first holds the bits before it.
func appendInt(b []byte, n int, first byte, v uint64) []byte {
	limit := uint64(1)<<n - 1
	if v < limit {
		return append(b, first|byte(v))
	}
	b = append(b, first|byte(limit))
	v -= limit
	for ; v >= 128; v >>= 7 {
		b = append(b, 0x80|byte(v))
	}
	return append(b, byte(v))
}

// appendString appends a string literal, in Huffman code if that is shorter
// (RFC 7541, section 5.2).
func appendString(b []byte, s string) []byte {
	if n := hpack.HuffmanEncodeLength(s); n < uint64(len(s)) {
		return hpack.AppendHuffmanString(appendInt(b, 7, 0x80, n), s)
	}
	return append(appendInt(b, 7, 0, uint64(len(s))), s...)
}
