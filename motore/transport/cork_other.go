//go:build !linux

package transport

import "net"

// cork has the end of the stream leave with the last bytes, where that can be.
func cork(net.Conn) {}
