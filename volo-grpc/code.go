package vologrpc

import "strconv"

// A Code says how a call ended (gRPC, "Status codes and their use").
type Code uint32

// The codes.
const (
	OK                 Code = iota
	Canceled                // the caller gave up
	Unknown                 // an error that is no status
	InvalidArgument         // wrong whatever the state of the system
	DeadlineExceeded        // out of time; it may have happened all the same
	NotFound                // there is no such thing
	AlreadyExists           // there is such a thing already
	PermissionDenied        // the caller is known and may not
	ResourceExhausted       // a quota, a limit, or room
	FailedPrecondition      // the state of the system must change first
	Aborted                 // a conflict; try the whole transaction again
	OutOfRange              // past the end
	Unimplemented           // there is no such method
	Internal                // a broken invariant
	Unavailable             // not now; try again
	DataLoss                // lost or corrupted beyond repair
	Unauthenticated         // the caller is not known
)

var codeNames = [...]string{
	OK: "OK", Canceled: "CANCELLED", Unknown: "UNKNOWN", InvalidArgument: "INVALID_ARGUMENT",
	DeadlineExceeded: "DEADLINE_EXCEEDED", NotFound: "NOT_FOUND", AlreadyExists: "ALREADY_EXISTS",
	PermissionDenied: "PERMISSION_DENIED", ResourceExhausted: "RESOURCE_EXHAUSTED",
	FailedPrecondition: "FAILED_PRECONDITION", Aborted: "ABORTED", OutOfRange: "OUT_OF_RANGE",
	Unimplemented: "UNIMPLEMENTED", Internal: "INTERNAL", Unavailable: "UNAVAILABLE",
	DataLoss: "DATA_LOSS", Unauthenticated: "UNAUTHENTICATED",
}

// String returns the code's name as the specification writes it.
func (c Code) String() string {
	if int(c) < len(codeNames) {
		return codeNames[c]
	}
	return "CODE_" + strconv.FormatUint(uint64(c), 10)
}

// codeOfHTTP is what an answer without a grpc-status means, by its HTTP status
// (gRPC, "HTTP to gRPC status code mapping").
func codeOfHTTP(status string) Code {
	switch status {
	case "400":
		return Internal
	case "401":
		return Unauthenticated
	case "403":
		return PermissionDenied
	case "404":
		return Unimplemented
	case "429", "502", "503", "504":
		return Unavailable
	}
	return Unknown
}
