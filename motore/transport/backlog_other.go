//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package transport

import "net"

// setBacklog does nothing: package net has chosen the system's limit.
func setBacklog(net.Listener, int) error { return nil }
