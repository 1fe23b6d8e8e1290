//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package transport

import (
	"net"
	"syscall"
)

// newSocket returns nil: here all connections are foreign.
func newSocket(*Conn, net.Conn) stream { return nil }

// rawUnread returns false: here nobody can look.
func rawUnread(syscall.RawConn) bool { return false }
