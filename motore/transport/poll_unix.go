//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

const canPoll = true

// What a probe looks for.
const (
	pollHangup  = hangup               // the peer has closed
	pollUnasked = hangup | unix.POLLIN // or sent something
	pollRoom    = unix.POLLOUT         // for what is to be sent
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

// A probe looks at one descriptor. It allocates when it is used first.
type probe struct {
	mu  sync.Mutex
	set [1]unix.PollFd
	ok  bool
	f   func(fd uintptr)
}

// none polls the descriptor and returns true if none of the events is there.
func (p *probe) none(raw syscall.RawConn, events int16) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.f == nil {
		p.f = p.look
	}
	p.set[0].Events, p.ok = events, false
	return raw.Control(p.f) == nil && p.ok
}

func (p *probe) look(fd uintptr) {
	p.set[0].Fd = int32(fd)
	n, err := unix.Poll(p.set[:], 0)
	p.ok = n == 0 && err == nil || err == unix.EINTR
}
