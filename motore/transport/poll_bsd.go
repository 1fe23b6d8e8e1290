//go:build darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import "golang.org/x/sys/unix"

// hangup is what poll(2) reports of a peer that has closed.
const hangup = unix.POLLHUP
