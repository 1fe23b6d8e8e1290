package transport

import (
	"net"

	"golang.org/x/sys/unix"
)

// cork has the kernel keep what does not fill a segment until the end of the
// stream, which leaves with it. There is nothing to take it off for: after the
// end comes no more.
func cork(nc net.Conn) {
	if raw := rawConnOf(nc); raw != nil {
		raw.Control(func(fd uintptr) { unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_CORK, 1) })
	}
}
