package volothrift

import "github.com/volo-go/volo/volo-thrift/internal/multiplex"

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
