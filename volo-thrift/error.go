package volothrift

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
)

// A Phase is the part of a call in which it failed.
type Phase uint8

// The phases, in the order in which a call passes through them.
const (
	PhasePick   Phase = iota + 1 // choosing an instance
	PhaseDial                    // getting a connection
	PhaseEncode                  // turning the arguments into bytes
	PhaseWrite                   // sending the request
	PhaseRead                    // waiting for the answer
	PhaseDecode                  // turning the answer into values
	PhaseRemote                  // the peer answered with an exception
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

// An Error says where a call failed and why. Every error that a client
// returns is one, except what the peer's handler decided: declared exceptions
// and a [BizError] are returned as they are.
//
// Err is reached by errors.Is and errors.As; for PhaseRemote it is an
// [*thrift.ApplicationException]. A call that ran out of time is
// context.DeadlineExceeded, also if the last that was heard of the peer is that
// it has failed.
type Error struct {
	Phase   Phase
	Service string
	Method  string
	Address rpc.Address // of the instance; zero before one was picked
	// Unsent says that no byte of the request has reached the network, so
	// that the peer cannot have acted on it.
	Unsent bool
	Err    error

	after time.Duration // when the peer wants to be asked again
}

// Error returns "volothrift: Service.Method to address: phase: cause".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("volothrift: ")
	b.WriteString(e.Service)
	b.WriteByte('.')
	b.WriteString(e.Method)
	if !e.Address.IsZero() {
		b.WriteString(" to ")
		b.WriteString(e.Address.String())
	}
	b.WriteString(": ")
	b.WriteString(e.Phase.String())
	b.WriteString(": ")
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Outcome says what the failure means for the instance; see [rpc.Outcome].
func (e *Error) Outcome() rpc.Outcome {
	switch {
	case e.Phase == PhaseEncode:
		return rpc.Rejected
	case errors.Is(e.Err, context.Canceled):
		return rpc.Canceled
	case e.Unsent:
		return rpc.Unsent
	case e.Phase == PhaseRemote:
		return remoteOutcome(e.Err)
	}
	return rpc.Lost
}

// RetryAfter returns when the peer, or the layer that has refused the call, is to
// be asked again; ok is false if it did not say.
func (e *Error) RetryAfter() (d time.Duration, ok bool) {
	if e.after > 0 {
		return e.after, true
	}
	if p, found := errors.AsType[interface {
		error
		RetryAfter() (time.Duration, bool)
	}](e.Err); found {
		return p.RetryAfter()
	}
	return 0, false
}

// remoteOutcome judges an exception by its type.
func remoteOutcome(err error) rpc.Outcome {
	e, ok := errors.AsType[*thrift.ApplicationException](err)
	if !ok {
		return rpc.Failed
	}
	switch e.Type {
	case Refused:
		return rpc.Unsent
	case thrift.UnknownMethod, thrift.InvalidMessageType, thrift.WrongMethodName, thrift.ProtocolError,
		thrift.InvalidTransform, thrift.InvalidProtocol, thrift.UnsupportedClientType, thrift.ValidationFailed:
		return rpc.Rejected
	}
	return rpc.Failed
}

// fail makes the error of a call.
func (r *Request) fail(phase Phase, unsent bool, err error) error {
	var already *Error
	if errors.As(err, &already) {
		return err
	}
	return &Error{
		Phase:   phase,
		Service: r.Info.Service,
		Method:  r.Info.Method,
		Address: r.Info.Callee.Address,
		Unsent:  unsent,
		Err:     err,
	}
}

// A LimitError says that a message went over a limit that an option sets.
type LimitError struct {
	Option string // for example, "WithMaxMessageSize"
	Limit  int
	Got    int // at least this much
}

// Error names the option.
func (e *LimitError) Error() string {
	return fmt.Sprintf("%d is over the limit of %d (see %s)", e.Got, e.Limit, e.Option)
}

// A BizError is a failure of the business, not of the call: the peer ran the
// method and says no. Handlers return it, clients receive it. It travels in
// the header beside an ordinary reply, as Kitex sends it; to a peer whose
// protocol has no header it becomes an application exception.
type BizError struct {
	Status  int32 // not 0
	Message string
	Extra   map[string]string // nil for none
}

// Error returns the status and the message.
func (e *BizError) Error() string {
	return "biz error " + strconv.Itoa(int(e.Status)) + ": " + e.Message
}

// extraJSON returns Extra as it travels, "" for none.
func (e *BizError) extraJSON() string {
	if len(e.Extra) == 0 {
		return ""
	}
	b, err := json.Marshal(e.Extra)
	if err != nil {
		return "" // a map of strings always has a JSON form
	}
	return string(b)
}

// parseBizError reads the header values of a business error; nil if status
// says that there is none.
func parseBizError(status, message, extra []byte) (*BizError, error) {
	n, err := strconv.ParseInt(string(status), 10, 32)
	if err != nil {
		return nil, fmt.Errorf("header biz-status: %w", err)
	}
	if n == 0 {
		return nil, nil
	}
	e := &BizError{Status: int32(n), Message: string(message)}
	if len(extra) > 0 {
		if err := json.Unmarshal(extra, &e.Extra); err != nil {
			return nil, fmt.Errorf("header biz-extra: %w", err)
		}
	}
	return e, nil
}
