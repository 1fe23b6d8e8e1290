package thrift

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// A MessageType says what an envelope carries.
type MessageType byte

// The message types.
const (
	Call      MessageType = 1
	Reply     MessageType = 2
	Exception MessageType = 3 // an [ApplicationException]
	Oneway    MessageType = 4 // a call without reply
)

// String returns the name of the type.
func (t MessageType) String() string {
	switch t {
	case Call:
		return "call"
	case Reply:
		return "reply"
	case Exception:
		return "exception"
	case Oneway:
		return "oneway"
	}
	return "message type " + strconv.Itoa(int(t))
}

// version1 marks the strict binary protocol, in the upper half of the first
// word. The lower byte of that word is the message type.
const version1 = 0x8001

// A Message is the envelope of a call or a reply. The struct with the
// arguments or the result follows it.
type Message struct {
	Name []byte // of the method; aliases what it was consumed from
	Type MessageType
	Seq  int32
}

// MessageBeginSize returns the number of bytes that AppendMessageBegin
// appends.
func MessageBeginSize(name string) int { return 12 + len(name) }

// AppendMessageBegin appends an envelope to b. Nothing is written after the
// struct that follows.
func AppendMessageBegin(b []byte, name string, typ MessageType, seq int32) []byte {
	b = append(b, 0x80, 0x01, 0, byte(typ),
		byte(len(name)>>24), byte(len(name)>>16), byte(len(name)>>8), byte(len(name)))
	b = append(b, name...)
	return binary.BigEndian.AppendUint32(b, uint32(seq))
}

// ConsumeMessageBegin reads an envelope from the front of b and returns what
// follows. Only the strict form, version 1, is understood. The error, if any,
// is a [*DecodeError] with an offset within b.
func ConsumeMessageBegin(b []byte) (m Message, rest []byte, err error) {
	if len(b) < 4 {
		return m, b, &DecodeError{Err: ErrTruncated}
	}
	if v := binary.BigEndian.Uint32(b); v>>16 != version1 {
		return m, b, &DecodeError{Err: fmt.Errorf("%w: it begins with % x", ErrInvalidVersion, b[:4])}
	}
	typ := MessageType(b[3])
	if typ < Call || typ > Oneway {
		return m, b, &DecodeError{Offset: 3, Err: fmt.Errorf("%w: %v", ErrInvalidType, typ)}
	}
	if len(b) < 12 {
		return m, b, &DecodeError{Offset: 4, Err: ErrTruncated}
	}
	n := int(int32(binary.BigEndian.Uint32(b[4:])))
	if n < 0 || n > len(b)-12 {
		err := fmt.Errorf("%w: name of %d bytes, %d bytes remain", ErrInvalidLength, n, len(b)-8)
		return m, b, &DecodeError{Offset: 4, Err: err}
	}
	m.Name, m.Type = b[8:8+n:8+n], typ
	m.Seq = int32(binary.BigEndian.Uint32(b[8+n:]))
	return m, b[12+n:], nil
}
