package transport

import (
	"crypto/tls"
	"net"
	"sync/atomic"
	"syscall"

	"github.com/volo-go/volo/motore/rpc"
)

// named returns config with the name of the server that addr has, unless it
// has one, and lets who verifies the connection know it: package tls does not
// tell of addresses.
func named(config *tls.Config, addr rpc.Address) *tls.Config {
	verify := config.VerifyConnection
	if config.InsecureSkipVerify && verify == nil || config.ServerName != "" && verify == nil {
		return config
	}
	config = config.Clone()
	if config.ServerName == "" {
		_, address := addr.Dial()
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			host = address
		}
		config.ServerName = host
	}
	if verify != nil {
		name := config.ServerName
		config.VerifyConnection = func(s tls.ConnectionState) error {
			if s.ServerName == "" {
				s.ServerName = name
			}
			return verify(s)
		}
	}
	return config
}

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

// CloseWrite ends the stream that is written, if the connection can.
func (c *countingConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// SyscallConn is there for those who want to poll the descriptor.
func (c *countingConn) SyscallConn() (syscall.RawConn, error) {
	if sc, ok := c.Conn.(syscall.Conn); ok {
		return sc.SyscallConn()
	}
	return nil, syscall.EINVAL
}
