// Package framed reads and writes Thrift's framed transport: a length, u32 big
// endian, and as many bytes, which hold one message (Apache doc/specs
// thrift-rpc.md, "Framed vs. unframed transport").
//
// Reading: a connection peeks, asks [FrameSize] how long the frame is and waits
// for that many bytes. Writing: [Begin] appends room for the length, the caller
// appends the message, [End] fills the length in. Inside a TTHeader frame a
// message may be framed once more; [Payload] unwraps it.
//
// Results alias the input. Everything is safe for concurrent use and allocates
// only errors.
package framed

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// HeaderSize is the size in bytes of the length before a message.
const HeaderSize = 4

// MaxSize is the longest frame that can be written or read, its length
// included; a length with the top bits set is the start of something else.
const MaxSize = 1<<30 - 1

// A SizeError says that a frame is longer than the receiver allows.
type SizeError struct {
	Size, Limit int // in bytes, the length itself included
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("framed: frame of %d bytes exceeds the maximum message size of %d", e.Size, e.Limit)
}

// A LengthError says that the length of a frame makes no sense.
type LengthError struct {
	Length int64  // as a signed number, which is what older senders mean
	Why    string // for example, "not positive"
}

func (e *LengthError) Error() string {
	return fmt.Sprintf("framed: invalid length %d: %s", e.Length, e.Why)
}

// ErrTruncated is the error of a payload that ends within its length.
var ErrTruncated = errors.New("framed: payload ends within its length")

// FrameSize returns the size of the frame that begins at b, its length
// included, or 0 if b is shorter than a length. The size is at most limit and
// [MaxSize]; a longer frame is a [*SizeError].
func FrameSize(b []byte, limit int) (int, error) {
	if len(b) < HeaderSize {
		return 0, nil
	}
	length := int64(binary.BigEndian.Uint32(b))
	if length == 0 || length > math.MaxInt32 {
		return 0, &LengthError{Length: int64(int32(length)), Why: "not positive"}
	}
	if limit = min(limit, MaxSize); length+HeaderSize > int64(limit) {
		return 0, &SizeError{Size: int(min(length+HeaderSize, math.MaxInt)), Limit: limit}
	}
	return int(length) + HeaderSize, nil
}

// Begin appends room for a length.
func Begin(b []byte) []byte { return append(b, 0, 0, 0, 0) }

// End fills in the length of the frame that began when b had start bytes and
// that ends where b ends. If it is longer than [MaxSize], End returns b[:start]
// and a [*SizeError].
func End(b []byte, start int) ([]byte, error) {
	size := len(b) - start
	if size > MaxSize {
		return b[:start], &SizeError{Size: size, Limit: MaxSize}
	}
	binary.BigEndian.PutUint32(b[start:], uint32(size-HeaderSize))
	return b, nil
}

// Payload returns the message in the payload of a TTHeader frame, and whether
// it was framed once more. A strict message begins with a bit that no length
// has set, so the first byte tells.
func Payload(payload []byte) (message []byte, framed bool, err error) {
	if len(payload) == 0 || payload[0]&0x80 != 0 {
		return payload, false, nil
	}
	if len(payload) < HeaderSize {
		return nil, false, ErrTruncated
	}
	length, have := int64(binary.BigEndian.Uint32(payload)), len(payload)-HeaderSize
	if length != int64(have) {
		return nil, false, &LengthError{Length: length, Why: strconv.Itoa(have) + " bytes follow in the payload"}
	}
	return payload[HeaderSize:], true, nil
}
