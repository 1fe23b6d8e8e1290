//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package transport

import "net"

// A pollConn does not exist here.
type pollConn struct{ stream }

func newNetpoll(net.Conn, int) *Conn                 { return nil }
func (*pollConn) start(ConnHandler, func(err error)) {}
func (*pollConn) waiting() int                       { return 0 }
