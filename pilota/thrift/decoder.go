package thrift

import (
	"fmt"
	"math"
	"math/bits"
)

// A StringMode says where decoded strings and binaries live.
type StringMode uint8

const (
	// CopyOnce copies the message once, from its first string on; all strings
	// and binaries are parts of that copy. Keeping one keeps the whole copy.
	CopyOnce StringMode = iota
	// CopyEach gives each string and each binary memory of its own: for who
	// keeps small parts of big messages.
	CopyEach
	// Alias makes strings and binaries parts of the message itself. The
	// caller guarantees that nobody changes or recycles the message as long
	// as any of them lives.
	Alias
)

// DecodeOptions bound what a message may ask for. The zero value is good.
type DecodeOptions struct {
	Strings StringMode

	// MaxDepth is how deep structs of recursive types may nest, and how deep
	// structs and containers may nest in fields that are unknown. What cannot
	// hold itself is as deep as the IDL makes it and is not counted.
	// Zero means [DefaultMaxDepth].
	MaxDepth int
	// MaxContainer is how many elements a list, set or map may have. Zero
	// means as many as the bytes that remain could hold.
	MaxContainer int
	// MaxString is how many bytes a string or binary may have. Zero means as
	// many as remain.
	MaxString int
}

// DefaultMaxDepth is the nesting that is allowed unless
// [DecodeOptions.MaxDepth] says otherwise.
const DefaultMaxDepth = 64

// A Decoder is what the structs of one message share while they are decoded:
// the limits, and the memory that strings and optional fields are parts of.
//
// The zero value is not ready: call Reset once per message. A Decoder may be
// reused as often as one likes, after an error too; nothing that it handed
// out is ever recycled. It is not safe for concurrent use.
type Decoder struct {
	size         int // of the message: len(b) tells how far we are in it
	depth        int // levels that are still allowed
	elements     int // that containers may still have, all together
	maxContainer int
	maxString    int
	strings      StringMode
	aliased      bool // some part of the message was handed out

	text []byte // CopyOnce: the message from its first string on

	// Chunks that small things are cut from, see unsafe_memory.go. The first
	// used pieces of a chunk have been handed out.
	words     []uint64 // optional scalars, short lists
	usedWords int
	wordChunk int      // size of the latest chunk of this message
	heads     []string // optional strings
	usedHeads int
	structs   any // *structChunk of the type that was last asked for
}

// Reset makes d ready for a message. d keeps no reference to msg, but every
// slice passed to ConsumeBinary afterwards must be a suffix of it.
func (d *Decoder) Reset(msg []byte, o DecodeOptions) {
	d.size, d.elements = len(msg), len(msg)
	d.depth = orDefault(o.MaxDepth, DefaultMaxDepth)
	d.maxContainer = orDefault(o.MaxContainer, math.MaxInt32)
	d.maxString = orDefault(o.MaxString, math.MaxInt32)
	d.strings, d.aliased = o.Strings, false
	// Words hold no pointers, so what is left of their chunk may serve the
	// next message. Strings would keep the texts of earlier messages alive.
	d.text, d.heads, d.usedHeads, d.structs = nil, nil, 0, nil
	d.wordChunk = 0
}

// Shared reports whether strings or binaries were decoded that are parts of one
// piece of memory: of the message in mode [Alias], of its copy in mode
// [CopyOnce].
func (d *Decoder) Shared() bool { return d.aliased || d.text != nil }

// Options returns the limits and the string mode for what is left of the
// message, for who decodes a part of it from elsewhere.
func (d *Decoder) Options() DecodeOptions {
	return DecodeOptions{Strings: d.strings, MaxDepth: d.depth, MaxContainer: d.maxContainer, MaxString: d.maxString}
}

func orDefault(v, def int) int {
	if v <= 0 {
		return def
	}
	return v
}

// Fail returns err as a [*DecodeError] at the front of b.
//
//go:noinline
func (d *Decoder) Fail(b []byte, err error) error {
	return &DecodeError{Offset: d.size - len(b), Err: err}
}

// Truncated returns the error for a field whose value ends too early. b
// begins with the header of the field.
//
//go:noinline
func (d *Decoder) Truncated(b []byte, structName, field string) error {
	return InField(d.Fail(b, ErrTruncated), structName, field)
}

// Missing returns the error for a struct that lacks a required field. seen
// has bit i set if names[i] is there.
//
//go:noinline
func (d *Decoder) Missing(b []byte, structName string, seen uint64, names ...string) error {
	first := bits.TrailingZeros64(^seen)
	return InField(d.Fail(b, ErrMissingRequired), structName, names[first])
}

// Enter counts one level of nesting at b; call Leave after it.
func (d *Decoder) Enter(b []byte) error {
	if d.depth--; d.depth < 0 {
		return d.Fail(b, ErrDepth)
	}
	return nil
}

// Leave undoes Enter. It need not be called on the way out with an error.
func (d *Decoder) Leave() { d.depth++ }

func (d *Decoder) tooLong(b []byte, n int) error {
	return d.Fail(b, fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrStringSize, n, d.maxString))
}

func (d *Decoder) tooMany(b []byte, n int) error {
	return d.Fail(b, fmt.Errorf("%w: %d elements, at most %d are allowed", ErrContainerSize, n, d.maxContainer))
}

func (d *Decoder) badLength(b []byte, n int32, what string) error {
	return d.Fail(b, fmt.Errorf("%w: %s, %d bytes remain", ErrInvalidLength, fmt.Sprintf(what, n), len(b)))
}
