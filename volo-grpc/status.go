package vologrpc

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/volo-go/volo/motore/rpc"
)

// A Phase is the part of a client's call in which it failed.
type Phase uint8

// The phases, in the order in which a call passes through them.
const (
	PhasePick   Phase = iota + 1 // choosing an instance
	PhaseDial                    // getting a connection
	PhaseEncode                  // turning the request into bytes
	PhaseWrite                   // sending it
	PhaseRead                    // waiting for the answer
	PhaseDecode                  // turning the answer into values
	PhaseRemote                  // the peer answered with this status
)

var phaseNames = [...]string{
	PhasePick: "pick", PhaseDial: "dial", PhaseEncode: "encode", PhaseWrite: "write",
	PhaseRead: "read", PhaseDecode: "decode", PhaseRemote: "remote",
}

// String returns the phase's name in lower case.
func (p Phase) String() string {
	if int(p) < len(phaseNames) && phaseNames[p] != "" {
		return phaseNames[p]
	}
	return "phase " + strconv.Itoa(int(p))
}

// An Error is a status that is not OK. Handlers return one to choose what
// their caller sees; every error of a client is one.
//
// errors.Is finds context.DeadlineExceeded and context.Canceled in an error
// with the code that says the same, wherever it was made.
type Error struct {
	Code    Code
	Message string
	Details []*anypb.Any

	// The rest are facts of a client's call; a handler leaves them zero, and
	// they do not travel.

	Phase   Phase
	Service string
	Method  string
	Address rpc.Address // of the instance; zero before one was picked
	// Unsent says that the peer has not acted on the call and will not: no
	// byte of it has reached the network, or the peer said so. To say so, a
	// server's layer returns what [Refusef] makes.
	Unsent bool
	// Trailer is what the answer ended with beside the status; nil unless
	// Phase is PhaseRemote.
	Trailer Metadata
	Err     error // the cause; for PhaseRemote nil, or a [*BizError]
	// pushback is the trailer by which a peer says when to try again.
	pushback string
}

// Errorf returns a status for a handler to return. The cause of the error is
// the first one that the format wraps with %w; it does not travel.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
}

// WithDetails returns a copy of e with further details. It panics if a message
// cannot be encoded, as one that lacks a required field.
func (e *Error) WithDetails(details ...proto.Message) *Error {
	c := *e
	c.Details = append([]*anypb.Any(nil), e.Details...)
	for _, m := range details {
		packed, err := anypb.New(m)
		if err != nil {
			panic(fmt.Sprintf("vologrpc: detail of type %s: %v", m.ProtoReflect().Descriptor().FullName(), err))
		}
		c.Details = append(c.Details, packed)
	}
	return &c
}

// WithPushback returns a copy of e that tells callers who retry when to do so;
// a negative d tells them not to (gRFC A6, grpc-retry-pushback-ms).
func (e *Error) WithPushback(d time.Duration) *Error {
	c := *e
	if c.pushback = "-1"; d >= 0 {
		c.pushback = strconv.FormatInt(min(d.Milliseconds(), 1<<31-1), 10)
	}
	return &c
}

// Error returns "vologrpc: Service/Method to address: phase: CODE: message".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("vologrpc: ")
	if e.Phase != 0 {
		b.WriteString(e.Service)
		b.WriteByte('/')
		b.WriteString(e.Method)
		if !e.Address.IsZero() {
			b.WriteString(" to ")
			b.WriteString(e.Address.String())
		}
		b.WriteString(": ")
		b.WriteString(e.Phase.String())
		b.WriteString(": ")
	}
	b.WriteString(e.Code.String())
	if e.Message != "" {
		b.WriteString(": ")
		b.WriteString(e.Message)
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is find the errors of package context.
func (e *Error) Is(target error) bool {
	return target == context.DeadlineExceeded && e.Code == DeadlineExceeded ||
		target == context.Canceled && e.Code == Canceled
}

// Outcome says what the status means for the instance; see [rpc.Outcome]. A
// code that a handler chose to say no with is an answer, and so is a [*BizError].
func (e *Error) Outcome() rpc.Outcome {
	if _, ok := e.Err.(*BizError); ok && e.Phase == PhaseRemote {
		return rpc.Answered
	}
	switch {
	case e.Phase == PhaseEncode:
		return rpc.Rejected
	case e.Code == Canceled:
		return rpc.Canceled
	case e.Unsent && e.Phase != 0:
		return rpc.Unsent
	case e.Phase == PhaseDecode:
		return rpc.Lost
	}
	switch e.Code {
	case DeadlineExceeded:
		return rpc.Lost
	case Unavailable:
		if e.Phase == PhaseRemote {
			return rpc.Failed
		}
		return rpc.Lost
	case Unknown, Internal, DataLoss, ResourceExhausted:
		return rpc.Failed
	case Unimplemented, Unauthenticated:
		return rpc.Rejected
	}
	return rpc.Answered
}

// RetryAfter returns when the peer, or the layer that has refused the call, is to
// be asked again: never, if it is less than nothing. ok is false if it did not
// say.
func (e *Error) RetryAfter() (d time.Duration, ok bool) {
	if e.pushback != "" {
		ms, err := strconv.ParseUint(e.pushback, 10, 31)
		if err != nil {
			return -1, true // what is no time means not at all
		}
		return time.Duration(ms) * time.Millisecond, true
	}
	if p, found := errors.AsType[interface {
		error
		RetryAfter() (time.Duration, bool)
	}](e.Err); found {
		return p.RetryAfter()
	}
	return 0, false
}

// CodeOf returns the code of err as a handler's caller would see it: OK for
// nil, the code of the first [*Error] in its chain, what errors of package
// context mean, and Unknown for all else.
func CodeOf(err error) Code {
	if err == nil {
		return OK
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return statusOf(err).Code
}

// statusOf turns what a handler returned into the status that travels.
func statusOf(err error) *Error {
	var e *Error
	if biz, ok := bizOf(err); ok {
		return &Error{Code: Internal, Message: biz.Message, Err: biz}
	}
	switch {
	case errors.As(err, &e):
		if e.Code == OK {
			return &Error{Code: Unknown, Message: e.Message, Details: e.Details}
		}
		return e
	case errors.Is(err, context.DeadlineExceeded):
		return &Error{Code: DeadlineExceeded, Message: err.Error()}
	case errors.Is(err, context.Canceled):
		return &Error{Code: Canceled, Message: err.Error()}
	}
	return &Error{Code: Unknown, Message: err.Error()}
}

// A LimitError says that a message went over a limit that an option sets.
type LimitError struct {
	Option string // for example, "WithMaxReceiveSize"
	Limit  int
	Got    int // at least this much
}

// Error names the option.
func (e *LimitError) Error() string {
	return fmt.Sprintf("message of %d bytes is over the limit of %d (see %s)", e.Got, e.Limit, e.Option)
}

// appendDetails appends e as a google.rpc.Status, the content of
// grpc-status-details-bin:
//
//	message Status {
//	  int32 code = 1;
//	  string message = 2;
//	  repeated google.protobuf.Any details = 3;
//	}
func (e *Error) appendDetails(b []byte) ([]byte, error) {
	b = protowire.AppendTag(b, 1, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(e.Code))
	if e.Message != "" {
		b = protowire.AppendTag(b, 2, protowire.BytesType)
		b = protowire.AppendString(b, strings.ToValidUTF8(e.Message, "\uFFFD"))
	}
	for _, d := range e.Details {
		packed, err := proto.Marshal(d)
		if err != nil {
			return nil, err
		}
		b = protowire.AppendTag(b, 3, protowire.BytesType)
		b = protowire.AppendBytes(b, packed)
	}
	return b, nil
}

var errDetails = errors.New("malformed grpc-status-details-bin")

// parseDetails reads a google.rpc.Status. Its code and message repeat what
// grpc-status and grpc-message say; those count.
func parseDetails(b []byte) (details []*anypb.Any, err error) {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, errDetails
		}
		b = b[n:]
		if num != 3 || typ != protowire.BytesType {
			if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
				return nil, errDetails
			}
			b = b[n:]
			continue
		}
		packed, n := protowire.ConsumeBytes(b)
		if n < 0 {
			return nil, errDetails
		}
		b = b[n:]
		d := new(anypb.Any)
		if err := proto.Unmarshal(packed, d); err != nil {
			return nil, errDetails
		}
		details = append(details, d)
	}
	return details, nil
}

const upperHex = "0123456789ABCDEF"

// escape percent-encodes a status message (gRPC over HTTP2,
// "Status-Message"): all but the printable characters of ASCII, and '%'.
func escape(s string) string {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] >= ' ' && s[i] <= '~' && s[i] != '%'
	}
	if plain {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	b := make([]byte, 0, len(s)+16)
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= ' ' && c <= '~' && c != '%' {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}

// unescape undoes escape. What is no valid escape stays as it is:
// a message is never lost.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b = append(b, byte(v))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}
