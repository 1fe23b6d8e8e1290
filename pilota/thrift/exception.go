package thrift

import (
	"encoding/binary"
	"strconv"
)

// An ExceptionType says why a call failed outside of the exceptions that the
// IDL declares.
type ExceptionType int32

// The exception types of Apache Thrift. ValidationFailed is Pilota's.
const (
	UnknownApplicationException ExceptionType = 0
	UnknownMethod               ExceptionType = 1
	InvalidMessageType          ExceptionType = 2
	WrongMethodName             ExceptionType = 3
	BadSequenceID               ExceptionType = 4
	MissingResult               ExceptionType = 5
	InternalError               ExceptionType = 6
	ProtocolError               ExceptionType = 7
	InvalidTransform            ExceptionType = 8
	InvalidProtocol             ExceptionType = 9
	UnsupportedClientType       ExceptionType = 10
	ValidationFailed            ExceptionType = 11
)

var exceptionNames = [...]string{
	UnknownApplicationException: "unknown application exception",
	UnknownMethod:               "unknown method",
	InvalidMessageType:          "invalid message type",
	WrongMethodName:             "wrong method name",
	BadSequenceID:               "bad sequence id",
	MissingResult:               "missing result",
	InternalError:               "internal error",
	ProtocolError:               "protocol error",
	InvalidTransform:            "invalid transform",
	InvalidProtocol:             "invalid protocol",
	UnsupportedClientType:       "unsupported client type",
	ValidationFailed:            "validation failed",
}

// String returns the type in words.
func (t ExceptionType) String() string {
	if t >= 0 && int(t) < len(exceptionNames) {
		return exceptionNames[t]
	}
	return "exception type " + strconv.Itoa(int(t))
}

// An ApplicationException is what a message of type [Exception] carries:
// TApplicationException in other implementations. It is an error and a
// [Struct].
type ApplicationException struct {
	Type    ExceptionType
	Message string
}

func (e *ApplicationException) Error() string {
	if e.Message == "" {
		return "thrift: " + e.Type.String()
	}
	return "thrift: " + e.Type.String() + ": " + e.Message
}

// BinarySize implements [Struct].
func (e *ApplicationException) BinarySize() int { return 15 + len(e.Message) }

// AppendBinary implements [Struct].
func (e *ApplicationException) AppendBinary(b []byte) ([]byte, error) {
	if len(e.Message) > MaxLength {
		return b, InField(ErrTooLong, "ApplicationException", "message")
	}
	b = append(b, byte(STRING), 0, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Message)))
	b = append(b, e.Message...)
	b = append(b, byte(I32), 0, 2)
	b = binary.BigEndian.AppendUint32(b, uint32(e.Type))
	return append(b, byte(STOP)), nil
}

// ConsumeBinary implements [Struct].
func (e *ApplicationException) ConsumeBinary(d *Decoder, b []byte) ([]byte, error) {
	const name = "ApplicationException"
	for {
		key := FieldKey(b)
		switch {
		case key>>16 == 0:
			return b[1:], nil
		case key == uint32(STRING)<<16|1:
			v, rest, err := d.ConsumeString(b[3:])
			if err != nil {
				return rest, InField(err, name, "message")
			}
			e.Message, b = v, rest
		case key == uint32(I32)<<16|2:
			if len(b) < 7 {
				return b, d.Truncated(b, name, "type")
			}
			e.Type, b = ExceptionType(binary.BigEndian.Uint32(b[3:7])), b[7:]
		default:
			rest, err := d.ConsumeUnknown(b)
			if err != nil {
				return rest, InStruct(err, name)
			}
			b = rest
		}
	}
}
