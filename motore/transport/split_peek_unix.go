//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"io"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// peeker returns what waits until the socket has more than the known bytes
// ready, and copies them all to b without taking them. It is nil if nc is not a
// socket: then bytes must be read.
func peeker(nc net.Conn) func(b []byte, known int) (int, error) {
	switch nc.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return nil
	}
	raw := rawConnOf(nc)
	if raw == nil {
		return nil
	}
	return func(b []byte, known int) (n int, err error) {
		waited := raw.Read(func(fd uintptr) bool {
			n, _, err = unix.Recvfrom(int(fd), b, unix.MSG_PEEK)
			for err == syscall.EINTR {
				n, _, err = unix.Recvfrom(int(fd), b, unix.MSG_PEEK)
			}
			// A peer that has closed makes no further edge: then known bytes
			// are all there will be, which the wait's deadline finds out.
			return err != syscall.EAGAIN && (err != nil || n == 0 || n > known)
		})
		switch {
		case waited != nil:
			return 0, waited
		case err != nil:
			return 0, os.NewSyscallError("recvfrom", err)
		case n == 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
