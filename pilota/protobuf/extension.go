package protobuf

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/runtime/protoiface"
)

// Extension fields are encoded and decoded by protobuf-go. Encoding takes a
// shell: a new message that shares the extension fields and has nothing else.

// SizeExtensions returns how many bytes the extension fields of shell take.
func SizeExtensions(shell proto.Message) int {
	m := unwrap(shell.ProtoReflect())
	return m.ProtoMethods().Size(protoiface.SizeInput{Message: m}).Size
}

// PutExtensions puts the extension fields of shell, or returns a negative
// number.
func PutExtensions(b []byte, i int, shell proto.Message, how Flags) int {
	var flags protoiface.MarshalInputFlags
	if how&Deterministic != 0 {
		flags = protoiface.MarshalDeterministic
	}
	m := unwrap(shell.ProtoReflect())
	out, err := m.ProtoMethods().Marshal(protoiface.MarshalInput{Message: m, Flags: flags})
	if err != nil || len(out.Buf) > i {
		return -1
	}
	return PutRaw(b, i, out.Buf)
}

// Extension merges the field at b[start:], whose number is in a range for
// extensions, into m and returns the position after it.
func (d *Decoder) Extension(m proto.Message, b []byte, start int) (next int, err error) {
	next, at, why := skip(b, start, d.depth)
	if why != nil {
		return 0, &DecodeError{Offset: d.offset(b) + at, Err: why}
	}
	var flags protoiface.UnmarshalInputFlags
	if d.discard {
		flags = protoiface.UnmarshalDiscardUnknown
	}
	stock := unwrap(m.ProtoReflect())
	out, err := stock.ProtoMethods().Unmarshal(protoiface.UnmarshalInput{
		Message:  stock,
		Buf:      b[start:next:next],
		Flags:    flags,
		Resolver: d.types(),
		Depth:    d.depth + 1, // m is counted already
	})
	if err != nil {
		return 0, &DecodeError{Offset: d.offset(b) + start, Err: err}
	}
	if out.Flags&protoiface.UnmarshalInitialized == 0 {
		d.partial = true
	}
	return next, nil
}
