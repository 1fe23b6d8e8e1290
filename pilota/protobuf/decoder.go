package protobuf

import (
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// A StringMode says where decoded strings and bytes live.
type StringMode uint8

const (
	// CopyOnce copies the message once, from its first string on; all strings
	// and bytes are parts of that copy. Keeping one keeps the whole copy.
	CopyOnce StringMode = iota
	// CopyEach gives each string and each bytes memory of its own: for who
	// keeps small parts of big messages.
	CopyEach
	// Alias makes strings and bytes parts of the message itself. The caller
	// guarantees that nobody changes or recycles the message as long as any
	// of them lives.
	Alias
)

// A Resolver finds the types of extension fields. [protoregistry.Types] is
// one.
type Resolver interface {
	FindExtensionByName(protoreflect.FullName) (protoreflect.ExtensionType, error)
	FindExtensionByNumber(message protoreflect.FullName, field protoreflect.FieldNumber) (protoreflect.ExtensionType, error)
}

// DecodeOptions bound what a message may ask for. The zero value is good.
type DecodeOptions struct {
	Strings StringMode

	// DiscardUnknown forgets fields that the schema does not know. Otherwise
	// they are kept and encoded again.
	DiscardUnknown bool
	// MaxDepth is how deep messages may nest. Zero means
	// [DefaultMaxDepth].
	MaxDepth int
	// MaxSize is how many bytes the message may have. Zero means any number:
	// who read the bytes had a limit.
	MaxSize int
	// Resolver finds the types of extension fields. Nil means those that are
	// linked into the program.
	Resolver Resolver
}

// DefaultMaxDepth is the nesting that is allowed unless
// [DecodeOptions.MaxDepth] says otherwise, the same as in
// google.golang.org/protobuf.
const DefaultMaxDepth = protowire.DefaultRecursionLimit

// A Decoder is what the parts of one message share while they are decoded:
// the limits, and the memory that strings and optional fields are parts of.
//
// The zero value is not ready: call Reset once per message. A Decoder may be
// reused as often as one likes, after an error too; nothing that it handed
// out is ever recycled. It is not safe for concurrent use.
type Decoder struct {
	whole    int // capacity of the message: that of a part tells where it begins
	slack    int // how much of it lies behind the message
	depth    int // levels that are still allowed
	resolver Resolver
	strings  StringMode
	partial  bool // a message may lack a required field; here, lest its neighbours be copied as one
	discard  bool
	tooBig   bool // the message is, as a whole

	text  []byte   // CopyOnce: the message from its first string on; Alias: the message
	from  int      // offset of text in the message
	words []uint64 // the chunk that optional scalars are taken from
	heads []string // the chunk that optional strings and lists of strings are taken from

	nextWord, nextHead int // what has been taken of them
}

// Reset makes d ready for a message. d keeps no reference to msg, but for
// [Alias], until the next one. Every slice passed to ConsumeProtobuf afterwards
// must be a part of msg, cut with two indices, so that its capacity reaches to
// the capacity of msg.
func (d *Decoder) Reset(msg []byte, o DecodeOptions) {
	// Words hold no pointers, so what is left of their chunk may serve the
	// next message. Strings would keep the texts of earlier messages alive.
	d.text, d.from, d.heads, d.nextHead = nil, 0, nil, 0
	d.begin(msg, &o)
}

// begin is Reset for what has been reset or is zero. It takes the options by
// their address because copying them costs more than the rest of it.
func (d *Decoder) begin(msg []byte, o *DecodeOptions) {
	d.whole, d.slack = cap(msg), cap(msg)-len(msg)
	d.depth = o.MaxDepth
	if d.depth <= 0 {
		d.depth = DefaultMaxDepth
	}
	d.strings, d.discard, d.resolver = o.Strings, o.DiscardUnknown, o.Resolver
	d.partial = false
	d.tooBig = o.MaxSize > 0 && len(msg) > o.MaxSize
	if o.Strings == Alias {
		d.text = msg
	}
}

// offset returns where b, a part of the message, begins.
func (d *Decoder) offset(b []byte) int { return d.whole - cap(b) }

// Enter counts one level of nesting; call Leave after it.
func (d *Decoder) Enter() bool {
	d.depth--
	return d.depth >= 0 && !d.tooBig
}

// Leave undoes Enter. It need not be called on the way out with an error.
func (d *Decoder) Leave() { d.depth++ }

// Refuse returns the error after Enter reported false.
//
//go:noinline
func (d *Decoder) Refuse(b []byte) error {
	if d.tooBig {
		return &DecodeError{Err: ErrSize}
	}
	return d.TooDeep(b)
}

// Partial notes that a message lacks a required field, for now: the field may
// yet come.
func (d *Decoder) Partial() { d.partial = true }

// Check returns an error if m, which was decoded with d, lacks a required
// field.
func (d *Decoder) Check(m proto.Message) error {
	if !d.partial {
		return nil
	}
	return proto.CheckInitialized(m)
}

func (d *Decoder) types() Resolver {
	if d.resolver == nil {
		return protoregistry.GlobalTypes
	}
	return d.resolver
}
