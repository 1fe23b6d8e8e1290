//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// setBacklog changes how many connections wait to be accepted.
func setBacklog(nl net.Listener, n int) error {
	sc, ok := nl.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) { err = unix.Listen(int(fd), n) }); e != nil {
		return e
	}
	return os.NewSyscallError("listen", err)
}
