package vologrpc

import (
	"slices"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// Calls are what a client or a server has had to do since it was made.
type Calls struct {
	// Calls that began, that ended with status OK, and that ended otherwise.
	Started, Succeeded, Failed int64
	LastStarted                time.Time // zero for never
}

// Calls returns what has been called: each attempt of a call that has got a
// connection is one.
func (c *Client) Calls() Calls {
	p := &c.core.peers
	p.mu.Lock()
	calls, retired := p.past, slices.Clone(p.retired)
	p.mu.Unlock()
	p.each(func(made *peer) { retired = append(retired, made) })
	for _, made := range retired {
		calls.add(made.calls())
	}
	return calls
}

// Calls returns what has been served, calls of net/http and of gRPC-Web
// included.
func (s *Server) Calls() Calls {
	calls := Calls{Failed: s.failed.Load()}
	ended := s.ended.Load()
	calls.Started, calls.Succeeded = s.started.Load(), max(ended-calls.Failed, 0)
	s.mu.Lock()
	calls.LastStarted = s.lastCall
	s.mu.Unlock()
	for _, c := range s.open() {
		if c, ok := c.(*http2.Server); ok {
			calls.last(c.Facts().LastStream)
		}
	}
	return calls
}

// Listeners returns the addresses on which the server accepts, and for each an
// ID that is unique among those of the server's listeners and connections.
func (s *Server) Listeners() map[uint64]rpc.Address {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[uint64]rpc.Address, len(s.listeners))
	for l, id := range s.listeners {
		all[id] = l.Address()
	}
	return all
}

// number returns the next ID. The caller holds mu.
func (s *Server) number() uint64 {
	s.serial++
	return s.serial
}

func (c *Calls) add(more Calls) {
	c.Started += more.Started
	c.Succeeded += more.Succeeded
	c.Failed += more.Failed
	c.last(more.LastStarted)
}

func (c *Calls) last(t time.Time) {
	if t.After(c.LastStarted) {
		c.LastStarted = t
	}
}

// callsOf returns the calls of a connection.
func callsOf(conn *http2.Client) Calls {
	f := conn.Facts()
	return Calls{Started: f.Started, Succeeded: f.Well, Failed: f.Started - f.Well - int64(f.Open), LastStarted: f.LastStream}
}

// calls returns those of a peer, past ones included.
func (p *peer) calls() (calls Calls) {
	for i := range p.lines {
		l := &p.lines[i]
		l.mu.Lock()
		calls.add(l.calls())
		l.mu.Unlock()
	}
	return calls
}

// calls returns those of all connections that there have been. The caller holds
// mu.
func (l *line) calls() Calls {
	calls := l.past
	for _, conn := range l.old {
		calls.add(callsOf(conn))
	}
	if conn := l.live.Load(); conn != nil {
		calls.add(callsOf(conn))
	}
	return calls
}

// forget drops connections that have ended, and keeps the count of their calls.
// The caller holds mu.
func (l *line) forget() {
	l.old = slices.DeleteFunc(l.old, func(conn *http2.Client) bool {
		if !ended(conn) {
			return false
		}
		l.past.add(callsOf(conn))
		return true
	})
}
