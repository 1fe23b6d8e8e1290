package transport

import "io"

const (
	// defaultRead is how much room a read is given at first: with what is
	// usual for a message, one read empties the socket and says so by being
	// short.
	defaultRead = 16 << 10
	// maxPipelined is how much room it is given at most where the handler
	// names no larger need.
	maxPipelined = 64 << 10
	// trust is how much memory a peer gets for having announced a large
	// message; from there on the memory follows the bytes that have come.
	trust = 256 << 10
)

// An inbox holds the bytes that a connection has received and its handler has
// not consumed.
//
//	buf.b:  [ consumed | pending | room ]
//	        0        start      end    len
//
// It borrows its buffer when there is something to read and gives it back once
// nothing is pending, so that an idle connection holds none.
type inbox struct {
	c    *Conn
	h    ConnHandler
	keep Keeper // h, nil if it is none or is given nothing to keep
	buf  *buffer
	own  buffer // for the handler to keep

	start, end int
	need       int  // what the handler waits for, counted from start
	size       int  // of the next buffer to borrow
	steady     bool // size does not adapt
	small      int  // how many times in a row much less would have done
}

func newInbox(c *Conn, h ConnHandler) inbox {
	in := inbox{c: c, h: h, size: defaultRead}
	if c.owner == nil {
		return in // it reads until nothing is there: half of what it made to keep would be for nothing
	}
	in.keep, _ = h.(Keeper)
	if n := c.owner.config.ReadBuffer; n > 0 {
		in.size = n
	}
	return in
}

// room returns where to read to; it is never empty.
func (in *inbox) room() []byte {
	pending := in.end - in.start
	switch {
	case in.buf == nil && in.keepable():
		in.buf = &in.own
	case in.buf == nil:
		in.buf = borrow(max(in.size, min(in.need+1, trust)))
	case len(in.buf.b)-in.start >= in.need && in.end < len(in.buf.b):
		// It fits behind what is pending.
	case len(in.buf.b) >= in.need && pending <= len(in.buf.b)/2:
		in.move(in.buf)
	case len(in.buf.b) >= trust && in.end < len(in.buf.b):
		// More was announced than we believe; fill this first.
	default:
		// One byte more than needed, so that the last read is short.
		old := in.buf
		in.move(borrow(max(min(in.need+1, max(trust, 4*len(old.b))), 2*pending)))
		old.giveBack()
	}
	return in.buf.b[in.end:]
}

// move copies what is pending to the front of buf, which may be in.buf.
func (in *inbox) move(buf *buffer) {
	in.end = copy(buf.b, in.buf.b[in.start:in.end])
	in.start = 0
	in.buf = buf
}

// received takes note of n bytes in what room returned, and runs the handler
// as long as it can go on.
func (in *inbox) received(n int) error {
	if in.end += n; in.end == len(in.buf.b) && len(in.buf.b) < maxPipelined && !in.steady && in.buf != &in.own {
		in.size, in.small = 2*len(in.buf.b), 0
	}
	for in.end-in.start >= max(in.need, 1) {
		in.c.keepable = in.buf == &in.own
		consumed, need, err := in.c.data(in.h, in.buf.b[in.start:in.end:in.end])
		if err != nil {
			return err
		}
		in.start += consumed
		in.need = need
		if in.c.kept {
			in.part()
		}
		if in.start == in.end {
			in.settle()
			break
		}
		if consumed == 0 || need <= 0 {
			// It has seen all there is: more must come.
			in.need = max(need, in.end-in.start+1)
		}
	}
	return nil
}

// keepable makes memory for the handler to keep, if it wants any.
func (in *inbox) keepable() bool {
	if in.keep == nil {
		return false
	}
	n := in.keep.Keeps()
	if n <= 0 || n < in.need {
		return false
	}
	in.own.b = garbage(min(n, maxPipelined) + 1) // so that a read of what was expected is short
	return true
}

// part leaves the memory to the handler, who keeps it.
func (in *inbox) part() {
	pending := in.own.b[in.start:in.end]
	in.c.kept, in.own.b = false, nil
	in.buf, in.start, in.end = nil, 0, 0
	if len(pending) > 0 {
		in.buf = borrow(max(in.size, len(pending)+1))
		in.end = copy(in.buf.b, pending)
	}
}

// settle gives the buffer back when nothing is pending, and learns from it how
// large the next one should be.
func (in *inbox) settle() {
	used := in.end
	in.start, in.end = 0, 0
	switch {
	case in.steady:
	case used > in.size && used < 1<<maxClass:
		in.size, in.small = used+1, 0
	case in.size > defaultRead && used <= in.size/4:
		if in.small++; in.small == 16 {
			in.size, in.small = in.size/2, 0
		}
	}
	in.drop()
}

// drop gives the buffer back if nothing is pending.
func (in *inbox) drop() {
	if in.buf != nil && in.start == in.end {
		in.buf.giveBack()
		in.buf, in.own.b = nil, nil
	}
}

// eof returns what the end of the stream means here.
func (in *inbox) eof() error {
	if in.start < in.end {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// close gives the buffer back, whatever is pending.
func (in *inbox) close() {
	in.start, in.end = 0, 0
	in.drop()
}
