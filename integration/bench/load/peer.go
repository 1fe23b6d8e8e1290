package load

import (
	"fmt"
	"io"
	"time"
)

// A Peer is one implementation of the echo service.
type Peer struct {
	Name  string
	About string // one line

	// Needs is a program that has to be installed, empty for none.
	Needs string

	// Greeting is what a client says before it is silent, for connections
	// that the server would not keep otherwise.
	Greeting []byte

	// Serve listens on addr, host:0 for a free port, and serves in the
	// background until the server is closed.
	Serve func(addr string) (Server, error)

	// Dial prepares a client. It may leave connecting to the first calls.
	Dial func(Target) (Client, error)
}

// A Server is a running echo server.
type Server interface {
	io.Closer
	Addr() string
}

// A Client makes calls to one server.
type Client interface {
	io.Closer

	// Caller returns what the caller of that number does over and over, or
	// an error if it cannot be connected. It is called once for every number
	// from 0 to Callers-1, and always with the same msg length.
	//
	// A Call is used by one goroutine at a time, different ones concurrently.
	Caller(number int, msg string) (Call, error)
}

// A Runner is a client that makes the calls of all callers by itself. It is
// asked for no Caller.
type Runner interface {
	Client

	// Run is as the function of that name.
	Run(d time.Duration) (Result, error)
}

// A Target says which server a client is for and how it will be used.
type Target struct {
	Addr    string
	Callers int
	Size    int // bytes of a message
	Conns   int // connections that a multiplexing client opens
	Kind    Kind
}

// A Kind says what a call is. Peers that know but one kind are only asked for
// that one.
type Kind string

// The kinds.
const (
	Unary Kind = ""      // a request and its answer
	Bidi  Kind = "bidi"  // a message and its answer, on a stream that each caller has
	Flood Kind = "flood" // the next message of those that the server sends without being asked
)

// A Call makes one request and returns an error unless its echo came back.
type Call func() error

// A Check compares the replies that one caller gets with what it sends.
//
// Length and first bytes, in which the messages of callers differ, are
// compared every time, the whole message every 16th time.
//
// Calls end with it rather than begin in it: a frame on the stack of each
// caller that waits is one that the garbage collector walks over and over, and
// none of what is measured.
type Check struct {
	msg   string
	calls int
}

// NewCheck returns the Check of a caller that sends msg.
func NewCheck(msg string) *Check { return &Check{msg: msg} }

// Reply returns err, or an error if reply is not what was sent.
func (c *Check) Reply(reply string, err error) error { return check(c, reply, err) }

// Bytes is Reply for bytes, which it does not keep.
func (c *Check) Bytes(reply []byte, err error) error { return check(c, reply, err) }

func check[T string | []byte](c *Check, reply T, err error) error {
	if err != nil {
		return err
	}
	c.calls++
	n := len(c.msg)
	if c.calls%16 != 0 {
		n = min(n, 16)
	}
	if len(reply) != len(c.msg) || string(reply[:n]) != c.msg[:n] {
		return &WrongEchoError{Sent: len(c.msg), Got: len(reply)}
	}
	return nil
}

// A WrongEchoError reports a reply that is not what was sent.
type WrongEchoError struct {
	Sent, Got int // lengths
}

func (e *WrongEchoError) Error() string {
	if e.Sent != e.Got {
		return fmt.Sprintf("wrong echo: sent %d bytes, got %d back", e.Sent, e.Got)
	}
	return fmt.Sprintf("wrong echo: the %d bytes that came back are not those that were sent", e.Got)
}

// Message returns the message of that size of the caller of that number.
// Messages of 8 bytes and more differ from caller to caller.
func Message(number, size int) string {
	msg := make([]byte, size)
	for i := range msg {
		msg[i] = 'a' + byte(i%26)
	}
	copy(msg, fmt.Sprintf("%08d", number))
	return string(msg)
}
