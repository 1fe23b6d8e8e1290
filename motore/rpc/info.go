package rpc

import "time"

// A Role says on which side of the call we are.
type Role uint8

// The roles.
const (
	Client Role = iota + 1
	Server
)

// String returns "client" or "server".
func (r Role) String() string {
	switch r {
	case Client:
		return "client"
	case Server:
		return "server"
	}
	return "unknown"
}

// Info holds the facts of one call. There is one per call, with plain fields;
// layers may read all of them and may set those whose comment says so. It may be
// kept after the call: it serves no other one, unless nobody but discreet layers
// has seen it, see motore.Discreet.
//
// While a call runs its Info belongs to the goroutine that runs the layers;
// whoever reads it from another goroutine waits until the call is over.
type Info struct {
	Service string // the service as the IDL names it
	Method  string // the method as the IDL names it
	Role    Role
	Oneway  bool // the caller waits for no answer
	Unknown bool // on a server: no service has the method, whose name is the caller's choice

	// Idempotent says that running the call twice does no harm, so that it may
	// be sent again although its outcome is unknown. Layers may set it.
	Idempotent bool

	Caller Endpoint
	Callee Endpoint // on a client, balancing sets Callee.Address per attempt

	// Deadline is when the caller stops waiting; zero for never. On a server
	// it is the instant at which the caller's remaining time runs out.
	Deadline time.Time

	// Attempt counts from 0; a retry or a hedge increments it.
	Attempt int

	Stats Stats
}

// Stats are the sizes and times of the phases of a call. Sizes are always
// there. Times are only taken when phase timing is switched on, and zero
// otherwise, but for Start on a client; those of phases count from Start.
type Stats struct {
	Start time.Time // the call entered the framework

	EncodeDone time.Duration // request (client) or reply (server) is bytes
	WriteDone  time.Duration // request or reply was handed to the connection; 0 where a client writes and reads in one step
	ReadDone   time.Duration // the whole message is here
	DecodeDone time.Duration // reply (client) or request (server) is values
	HandleDone time.Duration // server: the handler has returned

	SentBytes     int // of this call on the wire, framing included
	ReceivedBytes int
}
