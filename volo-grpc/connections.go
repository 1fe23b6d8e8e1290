package vologrpc

import (
	"cmp"
	"crypto/tls"
	"slices"
	"strconv"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A Connection is a snapshot of a connection of HTTP/2. A client has one for
// each place that it has at a peer, whether there is a connection at the moment
// or not, and one for each connection that lives on beside its successor.
type Connection struct {
	// ID is unique among the connections of a client or a server, and 0 if there
	// is none. Later connections have larger ones.
	ID uint64
	// Place, on clients, is the place that one connection takes after the other;
	// PlaceCalls are the calls of all of them. Places and connections have no ID
	// in common.
	Place      uint64
	PlaceCalls Calls

	Address rpc.Address // of the peer
	Local   rpc.Address // ours
	State   State
	Err     error                // why the last attempt to connect failed; nil unless State is Failing
	TLS     *tls.ConnectionState // nil if the connection is not encrypted
	Since   time.Time

	Streams int // that are open
	Traffic Traffic

	// How many bytes of messages we may still send, and the peer may, on all
	// streams together.
	SendWindow, ReceiveWindow int64
}

// Traffic is what has passed over a connection since it was made. Times are
// those of the reads and writes that things came and went with.
type Traffic struct {
	// Streams that were opened, that ended with a whole answer, whatever its
	// status, and that ended otherwise.
	Started, Succeeded, Failed int64

	Sent, Received int64 // messages
	Pings          int64 // that asked whether the peer is alive

	LastStream, LastSent, LastReceived time.Time // zero for never
}

// A State says what a connection is good for.
type State uint8

// The states. Servers have connections that are Ready or Draining.
const (
	Idle       State = iota // there is none, and nobody needs one
	Connecting              // is being made
	Ready                   // takes calls
	Failing                 // could not be made; the next attempt waits for its time
	Draining                // takes no calls any more and ends when its own have
)

var stateNames = [...]string{"idle", "connecting", "ready", "failing", "draining"}

// String returns the state in lower case.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "state " + strconv.Itoa(int(s))
}

// Connections returns what the client has at the moment, by place and ID.
func (c *Client) Connections() (all []Connection) {
	c.core.peers.each(func(p *peer) {
		for i := range p.lines {
			all = append(all, p.lines[i].snapshot()...)
		}
	})
	slices.SortFunc(all, func(a, b Connection) int {
		return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Connections returns the connections of HTTP/2 that the server has accepted,
// by ID. Those of net/http are not among them, nor those over HTTP/1.1.
func (s *Server) Connections() (all []Connection) {
	for _, c := range s.open() {
		if c, ok := c.(*http2.Server); ok {
			one := connectionOf(c.Facts(), c.Transport())
			one.ID, one.State = c.ID, Ready
			if c.Away() {
				one.State = Draining
			}
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b Connection) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// A wire is what package transport knows of a connection.
type wire interface {
	LocalAddress() rpc.Address
	RemoteAddress() rpc.Address
	TLS() *tls.ConnectionState
}

func connectionOf(f http2.Facts, w wire) Connection {
	return Connection{
		Address: w.RemoteAddress(), Local: w.LocalAddress(), TLS: w.TLS(), Since: f.Born,
		Streams: f.Open, SendWindow: f.SendWindow, ReceiveWindow: f.ReceiveWindow,
		Traffic: Traffic{
			Started: f.Started, Succeeded: f.Ended, Failed: f.Started - f.Ended - int64(f.Open),
			Sent: f.Sent, Received: f.Received, Pings: f.Pings,
			LastStream: f.LastStream, LastSent: f.LastSent, LastReceived: f.LastReceived,
		},
	}
}

// snapshot returns what is at a place, and what lives on beside it.
func (l *line) snapshot() (all []Connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	calls := l.calls()
	place := func(c Connection, state State) {
		c.Address, c.Place, c.PlaceCalls, c.State = l.addr, l.id, calls, state
		all = append(all, c)
	}
	of := func(conn *http2.Client) Connection {
		c := connectionOf(conn.Facts(), conn.Transport())
		c.ID = conn.ID
		return c
	}
	live := l.live.Load()
	for _, conn := range l.old {
		if !ended(conn) {
			place(of(conn), Draining)
		}
	}
	switch {
	case live != nil && live.Usable():
		place(of(live), Ready)
		return all
	case live != nil && !ended(live):
		place(of(live), Draining)
	}
	switch {
	case l.dialing != nil:
		place(Connection{}, Connecting)
	case time.Now().Before(l.retry):
		place(Connection{Err: l.lastErr}, Failing)
	default:
		place(Connection{}, Idle)
	}
	return all
}
