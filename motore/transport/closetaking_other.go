//go:build !linux

package transport

import "net"

// closeTaking closes nl. What has got no further than the kernel is lost.
func closeTaking(nl net.Listener, take func(net.Conn)) { nl.Close() }
