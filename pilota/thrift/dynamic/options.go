package dynamic

import (
	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

// Options change how messages look outside. The zero value is good.
type Options struct {
	// EnumNumbers gives enums as numbers, not by name.
	EnumNumbers bool
	// I64Strings gives each i64 as a string, for readers whose numbers are
	// doubles. JSON only.
	I64Strings bool
	// BinaryText gives and takes binary as it is, as if it were a string, not in
	// base64. JSON only; bytes that are no UTF-8 are lost.
	BinaryText bool

	// Defaults adds fields that are not there. To JSON and values: those that
	// have a default value. To the wire: what generated code would write, that
	// is default values, and zero values of fields that are not optional and no
	// structs.
	Defaults bool

	// Unknown is what becomes of fields on the wire that the descriptor lacks.
	Unknown Unknown
	// IgnoreNames skips what JSON or a tree has and the descriptor lacks, rather
	// than take it for a slip of the pen.
	IgnoreNames bool

	// Mask leaves out, in either direction, what it does not let through. It is
	// of the type that the message has.
	Mask *fieldmask.Mask

	// Decode bounds what a message may ask for. MaxDepth counts every struct
	// here, in either direction. Strings is not used.
	Decode thrift.DecodeOptions
}

// Unknown is a way with fields that the descriptor lacks.
type Unknown uint8

const (
	// DropUnknown leaves them out.
	DropUnknown Unknown = iota
	// KeepUnknown keeps them, encoded, under the name [UnknownName], from where
	// they are written back.
	KeepUnknown
	// RefuseUnknown makes them an error.
	RefuseUnknown
)

// UnknownName is the name that stands for unknown fields in JSON, where it is
// base64, and in trees, where it is a []byte. No field can have it.
const UnknownName = "?unknown"

func (o *Options) maxDepth() int {
	if o.Decode.MaxDepth > 0 {
		return o.Decode.MaxDepth
	}
	return thrift.DefaultMaxDepth
}
