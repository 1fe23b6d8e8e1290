package transport

import "net"

// Closing returns why c was closed, nil if it is open.
func Closing(c *Conn) error { return c.closing() }

// Handed returns nl as [Restarter.Listen] does, and what a new process that is
// ready has done to it.
func Handed(nl net.Listener, r *Restarter) (_ net.Listener, stop func()) {
	l := newHanded(nl, r, "")
	return l, l.stop
}
