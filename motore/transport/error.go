package transport

import (
	"errors"
	"fmt"
	"net"

	"github.com/volo-go/volo/motore/rpc"
)

// Reasons for the end of a connection or a listener, to be found by
// [errors.Is]. A connection that was closed by [Conn.Close] ends with
// [net.ErrClosed].
var (
	// ErrListenerClosed ends Listener.Serve after Listener.Close.
	ErrListenerClosed = errors.New("transport: listener closed")
	// ErrIdle ends a connection that was idle for ListenConfig.IdleTimeout.
	ErrIdle = errors.New("transport: connection idle for longer than ListenConfig.IdleTimeout")
	// ErrReadLimit ends a connection of engine netpoll that has more than
	// ListenConfig.ReadLimit unread bytes.
	ErrReadLimit = errors.New("transport: more unread bytes than ListenConfig.ReadLimit")
)

var errStale = errors.New("the peer has closed, or sent what nobody has asked for")

// The phases that an [OpError] names.
const (
	OpDial      = "dial"
	OpHandshake = "handshake"
	OpWrite     = "write"
	OpRead      = "read"
)

// An OpError says in which phase a connection failed, and whether the peer may
// have seen anything of what was to be sent.
type OpError struct {
	Op   string      // one of OpDial, OpHandshake, OpWrite and OpRead
	Addr rpc.Address // the peer
	Err  error
	// Sent says that some of the bytes to send have reached the kernel. If it
	// is false, the peer has seen none of them and they may be sent again.
	Sent bool
}

// Error returns the phase, the peer and the cause.
func (e *OpError) Error() string {
	if e.Addr.IsZero() {
		return fmt.Sprintf("transport: %s: %v", e.Op, e.Err)
	}
	return fmt.Sprintf("transport: %s %s: %v", e.Op, e.Addr, e.Err)
}

// Unwrap returns the cause.
func (e *OpError) Unwrap() error { return e.Err }

// Timeout reports whether a deadline or a time-out passed.
func (e *OpError) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.As(e.Err, &t) && t.Timeout()
}

// Temporary is part of [net.Error]; it is always false.
func (e *OpError) Temporary() bool { return false }

var _ net.Error = (*OpError)(nil)

// bare takes package net's wrapping off err, because OpError says the same.
func bare(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
