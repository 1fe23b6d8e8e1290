package volothrift

import (
	"context"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-thrift/internal/multiplex"
)

// Accept returns what serves a connection of s.
func Accept(s *Server, conn *transport.Conn) transport.ConnHandler { return s.accept(conn) }

// Answers takes in for the answers to calls of m and returns how many there
// are whole, and how they end the calls.
func Answers(c *Client, m *Method, in []byte) (n int, errs []error) {
	core := c.core
	scan := scanner{limit: core.o.maxMessageSize, depth: depthOf(core.o.decode)}
	for {
		size, need, err := scan.size(core.o.protocol, in)
		if err != nil {
			return n, append(errs, err)
		}
		if size == 0 {
			if need > core.o.maxMessageSize {
				panic("needs more than a message may have")
			}
			return n, errs
		}
		scan.next()
		args, result := m.New()
		req := &Request{Method: m, Args: args, result: result, parent: context.Background()}
		_, err = core.finish(context.Background(), req, &reply{owned: n%2 == 0}, in[:size:size], 1)
		errs = append(errs, err)
		in = in[size:]
		n++
	}
}

// InFlight returns how many multiplexed calls of c wait for an answer.
func InFlight(c *Client) (n int) {
	c.core.peers.byAddress.Range(func(_, made any) bool {
		if p, ok := made.(*multiplexPeer); ok {
			for i := range p.lines {
				for _, conn := range p.lines[i].all() {
					n += conn.InFlight()
				}
			}
		}
		return true
	})
	return n
}

func (l *line) all() []*multiplex.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	conns := append([]*multiplex.Conn(nil), l.old...)
	if conn := l.live.Load(); conn != nil {
		conns = append(conns, conn)
	}
	return conns
}
