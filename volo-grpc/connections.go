package vologrpc

import (
	"strconv"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// A Connection is a snapshot of what a client has at one place of a peer.
type Connection struct {
	Address rpc.Address
	State   State
	Streams int   // that are open
	Err     error // why the last attempt to connect failed; nil unless State is Failing
}

// A State says what a connection is good for.
type State uint8

// The states.
const (
	Idle       State = iota // there is none, and nobody needs one
	Connecting              // is being made
	Ready                   // takes calls
	Failing                 // could not be made; the next attempt waits for its time
)

var stateNames = [...]string{"idle", "connecting", "ready", "failing"}

// String returns the state in lower case.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "state " + strconv.Itoa(int(s))
}

// Connections returns what the client has at the moment, in no order.
func (c *Client) Connections() (all []Connection) {
	c.core.peers.byAddress.Range(func(_, p any) bool {
		lines := p.(*peer).lines
		for i := range lines {
			all = append(all, lines[i].snapshot())
		}
		return true
	})
	return all
}

func (l *line) snapshot() Connection {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := Connection{Address: l.addr}
	conn := l.live.Load()
	switch {
	case conn != nil && conn.Usable():
		c.State, c.Streams = Ready, conn.Streams()
	case l.dialing != nil:
		c.State = Connecting
	case time.Now().Before(l.retry):
		c.State, c.Err = Failing, l.lastErr
	}
	return c
}
