package protobuf

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Timestamps and durations are in so many messages that they have code here:
// both are seconds, field 1, and nanoseconds, field 2.

// Tags of their fields.
const (
	tagSeconds = 1 << 3
	tagNanos   = 2 << 3
)

// instant returns the fields of a timestamp or a duration. ok is false for
// anything else, and for those that hold unknown fields.
func instant(m proto.Message) (seconds int64, nanos int32, ok bool) {
	switch t := m.(type) {
	case *timestamppb.Timestamp:
		if t != nil && len(t.ProtoReflect().GetUnknown()) == 0 {
			return t.Seconds, t.Nanos, true
		}
	case *durationpb.Duration:
		if t != nil && len(t.ProtoReflect().GetUnknown()) == 0 {
			return t.Seconds, t.Nanos, true
		}
	}
	return 0, 0, false
}

func sizeInstant(seconds int64, nanos int32) (n int) {
	if seconds != 0 {
		n += 1 + SizeVarint(uint64(seconds))
	}
	if nanos != 0 {
		n += 1 + SizeVarint(uint64(nanos))
	}
	return n
}

func putInstant(b []byte, i int, seconds int64, nanos int32) int {
	if nanos != 0 {
		i = PutVarint(b, i, uint64(nanos))
		i--
		b[i] = tagNanos
	}
	if seconds != 0 {
		i = PutVarint(b, i, uint64(seconds))
		i--
		b[i] = tagSeconds
	}
	return i
}

// consumeInstant merges b into a timestamp or a duration. It reports false,
// leaving m to be decoded by protobuf-go, for anything else and for what needs
// more than its two fields.
func consumeInstant(m proto.Message, b []byte) bool {
	var seconds *int64
	var nanos *int32
	switch t := m.(type) {
	case *timestamppb.Timestamp:
		seconds, nanos = &t.Seconds, &t.Nanos
	case *durationpb.Duration:
		seconds, nanos = &t.Seconds, &t.Nanos
	default:
		return false
	}
	s, n := *seconds, *nanos
	for i := 0; i < len(b); {
		tag := b[i]
		v, next := Varint(b, i+1)
		switch {
		case next < 0:
			return false
		case tag == tagSeconds:
			s = int64(v)
		case tag == tagNanos:
			n = int32(v)
		default:
			return false
		}
		i = next
	}
	*seconds, *nanos = s, n
	return true
}
