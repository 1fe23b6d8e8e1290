package http2

import (
	"encoding/binary"
)

// A Message is one message of gRPC as it arrived. It belongs to who received
// it.
type Message struct {
	Compressed bool
	Data       []byte
}

// EnvelopeSize is the size in bytes of what stands before each message: a flag
// that says whether it is compressed, and its length, u32 big endian (gRPC
// over HTTP2, "Length-Prefixed-Message").
const EnvelopeSize = 5

// PutEnvelope writes the envelope of the message that follows it in b.
func PutEnvelope(b []byte, compressed bool) {
	b[0] = 0
	if compressed {
		b[0] = 1
	}
	binary.BigEndian.PutUint32(b[1:], uint32(len(b)-EnvelopeSize))
}

// An assembly collects one message from DATA frames.
type assembly struct {
	head  [EnvelopeSize]byte
	have  int    // bytes of head
	body  []byte // of the message, as it grows
	total int    // that body will have
	large bool   // the message has, or waits for, a share of the budget
	dead  bool   // after an error; what still comes is dropped
}

// take adds the payload of a DATA frame and appends the messages that it
// completes to done.
//
// begun is called with the size of each message that begins and does not end
// with p.
func (a *assembly) take(p []byte, limit int, done []arrival, begun func(size int)) ([]arrival, error) {
	for len(p) > 0 {
		if a.have < EnvelopeSize {
			n := copy(a.head[a.have:], p)
			a.have += n
			p = p[n:]
			if a.have < EnvelopeSize {
				return done, nil
			}
			size := binary.BigEndian.Uint32(a.head[1:])
			if a.head[0] > 1 {
				return done, &ResetError{Code: ProtocolError, Reason: "message with unknown flags"}
			}
			if int64(size) > int64(limit) {
				return done, &SizeError{Size: int(size), Limit: limit}
			}
			a.total = int(size)
			if a.total > len(p) {
				begun(a.total)
			}
			// What is announced is not yet here: memory follows the bytes.
			a.body = unclear(min(a.total, max(8*len(p), 1<<10)))
		}
		n := min(len(p), a.total-len(a.body))
		if need := len(a.body) + n; need > cap(a.body) {
			a.body = append(unclear(min(a.total, max(need, 2*cap(a.body)))), a.body...)
		}
		a.body = append(a.body, p[:n]...)
		p = p[n:]
		if len(a.body) < a.total {
			return done, nil
		}
		done = append(done, arrival{Message{a.head[0] == 1, a.body[:a.total:a.total]}, a.large})
		a.have, a.body, a.large = 0, nil, false
	}
	return done, nil
}

// partial reports that a message has begun and not ended.
func (a *assembly) partial() bool { return a.have > 0 }
