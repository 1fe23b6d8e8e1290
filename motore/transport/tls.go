package transport

import (
	"net"
	"sync/atomic"
	"syscall"
)

// A countingConn is the connection beneath a TLS session. It knows whether any
// byte has reached the kernel, which the session does not tell when a Write
// fails.
type countingConn struct {
	net.Conn
	sent atomic.Int64
}

func (c *countingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.sent.Add(int64(n))
	return n, err
}

// SyscallConn is there for those who want to poll the descriptor.
func (c *countingConn) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := c.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, syscall.EINVAL
}
