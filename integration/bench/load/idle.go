package load

import (
	"errors"
	"fmt"
	"net"
)

// Idle is a number of connections on which nothing is sent, but a greeting.
type Idle []net.Conn

// OpenIdle opens n of them to the server at addr and sends greeting on each.
func OpenIdle(addr string, n int, greeting []byte) (Idle, error) {
	idle := make(Idle, 0, n)
	for range n {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			err = fmt.Errorf("idle connection %d of %d: %w", len(idle)+1, n, err)
			return nil, errors.Join(err, idle.Close())
		}
		idle = append(idle, conn)
		if _, err := conn.Write(greeting); err != nil {
			err = fmt.Errorf("greeting on idle connection %d of %d: %w", len(idle), n, err)
			return nil, errors.Join(err, idle.Close())
		}
	}
	return idle, nil
}

// Close closes all of them.
func (c Idle) Close() error {
	var err error
	for _, conn := range c {
		err = errors.Join(err, conn.Close())
	}
	return err
}
