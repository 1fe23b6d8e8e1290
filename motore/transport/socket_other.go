//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package transport

import "net"

// newSocket returns nil: here all connections are foreign.
func newSocket(*Conn, net.Conn) stream { return nil }
