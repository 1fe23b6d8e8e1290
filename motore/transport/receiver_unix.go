//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"errors"
	"io"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// A receiver serves a socket.
//
// While there is traffic, one RawConn.Read spans it all. Its callback reads
// once; a short read means that the socket is empty, so it returns false to wait
// for the next edge, without the second read that would only say EAGAIN. No edge
// is lost, because the poller's state is reset only when RawConn.Read is
// entered: what arrives while the handler runs is remembered.
//
// One case needs care: data and the peer's FIN may come as one edge, and then
// no other follows. A connection that a listener owns is woken by its sweeper
// for one verifying read once it has been quiet for a tick, or makes it at once
// if its handler is a [Finisher]; one without a listener reads until EAGAIN.
//
// A connection of a listener on which there is no traffic waits on a goroutine
// that does nothing else, and whose stack stays as small as it began. Another
// one reads and runs the handler, and stays if there is more:
//
//	          readable                        busyAfter reads
//	┌──────┐ ─────────► ┌───────────────────┐ ──────────────► ┌──────┐
//	│ rest │            │ work until drained │                 │ work │
//	└──────┘ ◄───────── └───────────────────┘                 └──────┘
//	    ▲                                                        │
//	    └───────────────────── a quiet tick ─────────────────────┘
type receiver struct {
	s          *socket
	in         inbox
	onReadable func(fd uintptr) bool
	reads      int // since it rested, busyAfter at most
	err        error
	poll       [1]unix.PollFd // of rest
}

// busyAfter is how many reads in a row make a connection busy.
const busyAfter = 8

// A warmStack on the stack of a goroutine that waits keeps the garbage
// collector from halving that stack, as it does where less than a quarter is in
// use, only for the next handler to grow it again by copying.
type warmStack [2 << 10]byte

func (s *socket) newReceiver(h ConnHandler) *receiver {
	r := &receiver{s: s, in: newInbox(s.c, h)}
	r.onReadable = r.readable
	return r
}

func (s *socket) serve(h ConnHandler) (err error) {
	r := s.newReceiver(h)
	r.reads = busyAfter
	defer func() { err = r.end(err) }()
	var warm warmStack
	defer runtime.KeepAlive(&warm)
	for {
		if over, err := r.turn(); over {
			return err
		}
	}
}

// start serves without a goroutine of the caller.
func (s *socket) start(h ConnHandler, ended func(error)) {
	r := s.newReceiver(h)
	r.poll[0].Events = unix.POLLIN | hangup
	go r.rest(ended)
}

// rest waits until there is something to do.
func (r *receiver) rest(ended func(error)) {
	r.s.raw.Read(r.stirs) // why it returns, work finds out for itself
	go r.work(ended)
}

func (r *receiver) stirs(fd uintptr) bool {
	r.poll[0].Fd = int32(fd)
	n, err := unix.Poll(r.poll[:], 0)
	return n != 0 || err != nil
}

// work reads what is there, until the connection is at rest or over.
func (r *receiver) work(ended func(error)) {
	over, err := true, error(nil) // unless turn says otherwise: it may end the goroutine
	defer func() {
		if over {
			ended(r.end(err))
		}
	}()
	var warm warmStack
	defer runtime.KeepAlive(&warm)
	for {
		if over, err = r.turn(); over {
			return
		}
		if r.reads < busyAfter {
			go r.rest(ended)
			return
		}
		over = true
	}
}

// end is the last act of whoever serves.
func (r *receiver) end(err error) error {
	r.in.close()
	return r.s.c.end(r.in.h, err)
}

// turn reads until the connection is at rest, or over and why.
func (r *receiver) turn() (over bool, err error) {
	c := r.s.c
	if err := c.closing(); err != nil {
		return true, err
	}
	err = r.s.raw.Read(r.onReadable)
	switch {
	case r.err != nil:
		return true, r.err
	case errors.Is(err, os.ErrDeadlineExceeded):
		// The sweeper asks for a verifying read, or somebody closes.
		r.s.reading.clear()
		if c.owner != nil {
			r.reads = 0
		}
	case c.closing() != nil:
		return true, c.closing()
	case err != nil:
		return true, bare(err)
	}
	return false, nil
}

// readable reads and runs the handler until the socket is empty. It returns
// true when the connection is at rest or over.
func (r *receiver) readable(fd uintptr) bool {
	r.s.fd = fd
	for {
		if r.err = r.s.c.closing(); r.err != nil {
			return true
		}
		room := r.in.room()
		n, err := readNow(fd, room)
		switch {
		case err == syscall.EAGAIN:
			r.in.drop()
			return r.reads < busyAfter
		case err == io.EOF:
			r.err = r.in.eof()
			return true
		case err != nil:
			r.err = err
			return true
		}
		if r.err = r.in.received(n); r.err != nil {
			return true
		}
		if r.reads < busyAfter {
			r.reads++
		}
		if n < len(room) && r.s.c.owner != nil && !r.finished() {
			return r.reads < busyAfter
		}
	}
}

func (r *receiver) finished() bool {
	f, ok := r.in.h.(Finisher)
	return ok && f.Finished()
}
