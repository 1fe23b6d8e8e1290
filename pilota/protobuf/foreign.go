package protobuf

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/runtime/protoiface"
)

// Messages of other packages, of which nobody knows which generator made
// them, when they are fields of ours.

// PutMessage puts m, without tag and length, or returns a negative number.
func PutMessage(b []byte, i int, m proto.Message, how Flags) int {
	if c, ok := m.(Codec); ok {
		return c.PutProtobuf(b, i, how)
	}
	if seconds, nanos, ok := instant(m); ok {
		return putInstant(b, i, seconds, nanos)
	}
	o := proto.MarshalOptions{
		AllowPartial:  true,
		Deterministic: how&Deterministic != 0,
		// Size has called proto.Size in this very encoding.
		UseCachedSize: true,
	}
	start := i - o.Size(m)
	if start < 0 {
		return -1
	}
	out, err := o.MarshalAppend(b[start:start:i], m)
	if err != nil || len(out) != i-start {
		return -1
	}
	return start
}

// Message merges b, a part of the message, into m.
func (d *Decoder) Message(m proto.Message, b []byte) error {
	if c, ok := m.(Codec); ok {
		return c.ConsumeProtobuf(d, b)
	}
	if d.depth <= 0 {
		return d.TooDeep(b)
	}
	if consumeInstant(m, b) {
		return nil
	}
	out, err := proto.UnmarshalOptions{
		Merge:          true,
		AllowPartial:   true,
		DiscardUnknown: d.discard,
		RecursionLimit: d.depth,
		Resolver:       d.types(),
	}.UnmarshalState(protoiface.UnmarshalInput{Message: m.ProtoReflect(), Buf: b})
	if err != nil {
		return &DecodeError{Offset: d.offset(b), Err: err}
	}
	if out.Flags&protoiface.UnmarshalInitialized == 0 {
		d.partial = true
	}
	return nil
}

// Group merges the group that starts at b[i:], begun by the tag start, into
// m, a message of another package, and returns the position after its end.
func (d *Decoder) Group(m proto.Message, b []byte, i int, start uint64) (next int, err error) {
	next, at, why := skipGroup(b, i, d.depth, start)
	if why != nil {
		return 0, &DecodeError{Offset: d.offset(b) + at, Err: why}
	}
	return next, d.Message(m, b[i:at])
}
