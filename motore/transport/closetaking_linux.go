package transport

import (
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// closeTaking closes nl, and passes to take what has got no further than the
// kernel, which would reset it: its peer believes that it is connected, and may
// have sent a request. If nl was closed before, there is nothing left.
func closeTaking(nl net.Listener, take func(net.Conn)) {
	waiting := backlog(nl)
	nl.Close() // at once: who comes between is lost
	for _, fd := range waiting {
		f := os.NewFile(uintptr(fd), "")
		if nc, err := net.FileConn(f); err == nil {
			take(nc)
		}
		f.Close()
	}
}

// backlog accepts what waits, without waiting for more.
func backlog(nl net.Listener) (fds []int) {
	sc, ok := nl.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	raw.Control(func(fd uintptr) {
		for {
			switch accepted, _, err := unix.Accept4(int(fd), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC); err {
			case nil:
				fds = append(fds, accepted)
			case unix.EINTR, unix.ECONNABORTED:
			default:
				return
			}
		}
	})
	return fds
}
