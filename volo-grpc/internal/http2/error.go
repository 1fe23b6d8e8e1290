package http2

import (
	"errors"
	"fmt"

	xhttp2 "golang.org/x/net/http2"
)

// An ErrCode is an error code of HTTP/2 (RFC 9113, section 7).
type ErrCode = xhttp2.ErrCode

// The codes that callers of this package deal with.
const (
	NoError            = xhttp2.ErrCodeNo
	ProtocolError      = xhttp2.ErrCodeProtocol
	InternalError      = xhttp2.ErrCodeInternal
	FlowControlError   = xhttp2.ErrCodeFlowControl
	StreamClosed       = xhttp2.ErrCodeStreamClosed
	FrameSizeError     = xhttp2.ErrCodeFrameSize
	RefusedStream      = xhttp2.ErrCodeRefusedStream
	Cancel             = xhttp2.ErrCodeCancel
	CompressionError   = xhttp2.ErrCodeCompression
	EnhanceYourCalm    = xhttp2.ErrCodeEnhanceYourCalm
	InadequateSecurity = xhttp2.ErrCodeInadequateSecurity
)

var (
	// ErrClosed is why streams end on a connection that we have closed.
	ErrClosed = errors.New("connection is closed")
	// ErrGoingAway is returned by Open on a connection that takes no more
	// streams. Nothing was sent.
	ErrGoingAway = errors.New("the connection is going away")
	// ErrNotGRPC is why no messages can be received on a stream whose response
	// has a head that is not gRPC's.
	ErrNotGRPC   = errors.New("the response is not gRPC")
	errKeepalive = errors.New("the peer does not answer pings")
	errHandshake = errors.New("the client has not introduced itself in time")
	errSilent    = errors.New("the peer has accepted the connection and does not speak HTTP/2")
	errMaxAge    = errors.New("the connection has reached its maximum age")
	// ErrMessageTooLarge marks a message over the limit; see [SizeError].
	ErrMessageTooLarge = errors.New("message is too large")
)

// A ResetError says that a stream was reset.
type ResetError struct {
	Code   ErrCode
	Remote bool // by the peer
	// Unprocessed says that the peer has not and will not act on the stream,
	// so that it may be opened again elsewhere (RFC 9113, section 8.7).
	Unprocessed bool
	Reason      string // what was wrong, if we know
}

func (e *ResetError) Error() string {
	who := "we"
	if e.Remote {
		who = "the peer"
	}
	s := fmt.Sprintf("%s reset the stream: %v", who, e.Code)
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	return s
}

// A ConnError says why a whole connection ended.
type ConnError struct {
	Code   ErrCode
	Remote bool // the peer said so, by GOAWAY
	Reason string
	Err    error // of the network; nil if it was the protocol
	// Unprocessed says, of an error that a stream got, that the peer has not
	// and will not act on the stream.
	Unprocessed bool
}

func (e *ConnError) Error() string {
	switch {
	case e.Err != nil:
		return "connection lost: " + e.Err.Error()
	case e.Remote:
		return fmt.Sprintf("the peer ended the connection: %v: %s", e.Code, e.Reason)
	}
	return fmt.Sprintf("connection error: %v: %s", e.Code, e.Reason)
}

// Unwrap returns the error of the network.
func (e *ConnError) Unwrap() error { return e.Err }

// A SizeError says that a message is larger than the receiver takes.
type SizeError struct{ Size, Limit int }

func (e *SizeError) Error() string {
	return fmt.Sprintf("message of %d bytes is over the limit of %d", e.Size, e.Limit)
}

// Is makes errors.Is find [ErrMessageTooLarge].
func (e *SizeError) Is(target error) bool { return target == ErrMessageTooLarge }

// A ListSizeError says that a list of header fields is larger than the peer
// takes. Nothing of it was sent.
type ListSizeError struct{ Size, Limit int }

func (e *ListSizeError) Error() string {
	return fmt.Sprintf("header fields of %d bytes are over the limit of %d that the peer has set", e.Size, e.Limit)
}

// streamError is an error of one stream that the reader answers with
// RST_STREAM; connError ends the connection.
type streamError struct {
	id     uint32
	code   ErrCode
	reason string
}

func (e *streamError) Error() string { return fmt.Sprintf("stream %d: %v: %s", e.id, e.code, e.reason) }

func protocolError(format string, args ...any) error {
	return &ConnError{Code: ProtocolError, Reason: fmt.Sprintf(format, args...)}
}
