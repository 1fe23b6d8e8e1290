package transport

// A ConnHandler takes the bytes that arrive on one connection.
//
// Its methods are never called concurrently for one connection. A handler that
// also has an Idle method is asked before it is closed for being idle, see
// [Idler].
type ConnHandler interface {
	// Data gets all bytes that were received and not yet consumed, at least
	// one. It returns how many of them it has consumed, and how many bytes,
	// counted from the first it has not consumed, it needs before it can go
	// on; 0 means any more than it was left with. It is not called again until
	// they are here, or at once if they already are and it consumed something.
	//
	// Data must not keep in. It may write to the connection and close it. An
	// error closes the connection.
	Data(in []byte) (consumed, need int, err error)

	// Closed is called once, after the last Data has returned, with the reason:
	// [io.EOF] if the peer closed between messages (no unconsumed bytes),
	// [io.ErrUnexpectedEOF] if it closed in the middle of one,
	// [net.ErrClosed] after Close, the error of Data, [ErrIdle], or what the
	// network said. The connection is of no use any more.
	Closed(err error)
}

// An Idler is a [ConnHandler] that has a say in whether its connection is
// idle. A multiplexed connection with calls in flight is not, although no byte
// arrives. Idle may be called at any time, from another goroutine.
type Idler interface {
	Idle() bool
}

// A Keeper is a [ConnHandler] that would rather have the memory in which a
// message came than copy it, see [Conn.Keep]. Where engine net serves a socket for
// a [Listener] it can; elsewhere nothing is keepable.
type Keeper interface {
	// Keeps returns how many bytes the next message is expected to have; 0 if
	// there is nothing to keep. It is called like Data.
	Keeps() int
}

// A Finisher is a [ConnHandler] that knows when its peer has no reason left to
// keep the connection. Where a Data leaves it finished, the connection looks at
// once whether the peer has closed, which costs a system call. Otherwise, while
// there is traffic, a close that came together with the last bytes is noticed
// some two seconds later.
type Finisher interface {
	// Finished is called after Data, on the same goroutine.
	Finished() bool
}
