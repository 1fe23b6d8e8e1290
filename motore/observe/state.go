package observe

import "github.com/volo-go/volo/motore/rpc"

// A Peer is what a client has at one address, at one moment.
type Peer struct {
	Address     rpc.Address
	State       string // "idle", "connecting", "ready" or "failing"
	Connections int    // that are open
	Calls       int    // that wait for their end
	Err         error  // why the last attempt to connect failed; nil if it did not, or nobody knows
}

// A Load is what a server has at one moment, and the most that it takes.
type Load struct {
	Conns, MaxConns int
	Calls, MaxCalls int // that are being handled
}
