//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"syscall"

	"golang.org/x/sys/unix"
)

const canPoll = true

// What alive looks for.
const (
	pollHangup  = hangup               // the peer has closed
	pollUnasked = hangup | unix.POLLIN // or sent something
)

// A pollSet is the argument of poll(2).
type pollSet struct {
	fds []unix.PollFd
}

func (p *pollSet) reset()     { p.fds = p.fds[:0] }
func (p *pollSet) add(fd int) { p.fds = append(p.fds, unix.PollFd{Fd: int32(fd), Events: hangup}) }

// poll looks at all descriptors once.
func (p *pollSet) poll() {
	for {
		if _, err := unix.Poll(p.fds, 0); err != unix.EINTR {
			return
		}
	}
}

func (p *pollSet) hungUp(i int) bool { return p.fds[i].Revents&(hangup|unix.POLLERR|unix.POLLHUP) != 0 }

// alive polls one descriptor and returns true if none of the events is there.
func alive(raw syscall.RawConn, events int16) bool {
	ok := false
	err := raw.Control(func(fd uintptr) {
		fds := [1]unix.PollFd{{Fd: int32(fd), Events: events}}
		n, err := unix.Poll(fds[:], 0)
		ok = n == 0 && err == nil || err == unix.EINTR
	})
	return err == nil && ok
}
