package transport_test

import (
	"bytes"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
)

func TestCloseWakes(t *testing.T) {
	in, large := make([]byte, 1), make([]byte, 32<<20)
	for _, test := range []struct {
		name string
		wait func(*transport.Conn) error
	}{
		{"Read", func(c *transport.Conn) error { _, err := c.Read(in); return err }},
		{"Exchange", func(c *transport.Conn) error { _, err := c.Exchange([]byte("x"), in); return err }},
		{"Serve", func(c *transport.Conn) error { return c.Serve(&handler{}) }},
		{"Write", func(c *transport.Conn) error { return c.Write(large) }},
		{"Write of somebody else while Serve runs", func(c *transport.Conn) error {
			served := make(chan error)
			go func() { served <- c.Serve(&handler{}) }()
			err := c.Write(large)
			<-served
			return err
		}},
		{"Write within Data", func(c *transport.Conn) error {
			return c.Serve(&handler{data: func(in []byte) (int, int, error) {
				return len(in), 0, c.Write(large)
			}})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			forEachMedium(t, func(t *testing.T, m medium) {
				// The server greets, and then blocks without reading.
				got := make(chan *transport.Conn, 1)
				block := make(chan struct{})
				l := serve(t, m.mute(t, transport.ListenConfig{}), func(c *transport.Conn) transport.ConnHandler {
					got <- c
					if test.name == "Write within Data" {
						c.Write([]byte("hi"))
					}
					return &handler{data: func(in []byte) (int, int, error) { <-block; return len(in), 0, nil }}
				})
				defer close(block)
				c := m.dial(t, l)
				soon(t, got, "accept")
				woken := make(chan error, 1)
				go func() { woken <- test.wait(c) }()
				waitUntilBlocked(t, woken)
				c.Close()
				c.Close()
				if err := soon(t, woken, "wake"); !errors.Is(err, net.ErrClosed) {
					t.Errorf("got %v, want %v", err, net.ErrClosed)
				}
			})
		})
	}
}

// waitUntilBlocked gives a call some time to come to the point at which it
// waits. Nothing depends on it but how much the test covers.
func waitUntilBlocked(t *testing.T, done <-chan error) {
	select {
	case err := <-done:
		t.Fatalf("it did not wait but returned %v", err)
	case <-time.After(20 * time.Millisecond):
	}
}

func TestDeadlines(t *testing.T) {
	in := make([]byte, 1)
	read := func(c *transport.Conn) error { _, err := c.Read(in); return err }
	exchange := func(c *transport.Conn) error { _, err := c.Exchange([]byte("x"), in); return err }
	large := make([]byte, 32<<20)
	write := func(c *transport.Conn) error { return c.Write(large) }
	const short, past = 20 * time.Millisecond, -time.Second
	for _, test := range []struct {
		name   string
		set    func(*transport.Conn, time.Time) error
		in     time.Duration
		call   func(*transport.Conn) error
		before bool // set before the call, else while it waits
		op     string
		sent   bool
	}{
		{"Read until a deadline", (*transport.Conn).SetReadDeadline, short, read, true, "read", false},
		{"Read after a deadline", (*transport.Conn).SetReadDeadline, past, read, true, "read", false},
		{"Read woken by a deadline", (*transport.Conn).SetReadDeadline, past, read, false, "read", false},
		{"Exchange until a deadline", (*transport.Conn).SetDeadline, short, exchange, true, "read", true},
		{"Exchange after a deadline", (*transport.Conn).SetDeadline, past, exchange, true, "write", false},
		{"Exchange woken by a deadline", (*transport.Conn).SetDeadline, past, exchange, false, "read", true},
		{"Write until a deadline", (*transport.Conn).SetWriteDeadline, short, write, true, "write", true},
		{"Write after a deadline", (*transport.Conn).SetWriteDeadline, past, write, true, "write", false},
		{"Write woken by a deadline", (*transport.Conn).SetWriteDeadline, past, write, false, "write", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			forEachMedium(t, func(t *testing.T, m medium) {
				block := make(chan struct{})
				l := serve(t, m.mute(t, transport.ListenConfig{}), func(c *transport.Conn) transport.ConnHandler {
					return &handler{data: func(in []byte) (int, int, error) { <-block; return len(in), 0, nil }}
				})
				defer close(block)
				for in := test.in; ; in *= 10 {
					c := m.dial(t, l)
					done := make(chan error, 1)
					if test.before {
						test.set(c, time.Now().Add(in))
						done <- test.call(c)
					} else {
						go func() { done <- test.call(c) }()
						waitUntilBlocked(t, done)
						test.set(c, time.Now().Add(in))
					}
					err := soon(t, done, "the deadline")
					var op *transport.OpError
					if !errors.As(err, &op) || !errors.Is(err, os.ErrDeadlineExceeded) || !op.Timeout() {
						t.Fatalf("got %v, want an *OpError with a deadline exceeded", err)
					}
					if op.Op == test.op && op.Sent == test.sent {
						break
					}
					if in < 0 || in > time.Second { // else it may have been over before the call began
						t.Fatalf("Op %q, Sent %v; want %q, %v", op.Op, op.Sent, test.op, test.sent)
					}
				}
			})
		})
	}
}

func TestAConnectionGoesOnWhenItsDeadlineIsTaken(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		l := serve(t, m.listen(t, transport.ListenConfig{}), echo)
		c := m.dial(t, l)
		in := make([]byte, 10)
		for i := range 3 {
			c.SetReadDeadline(time.Now().Add(patience))
			if n, err := c.Exchange([]byte("hello"), in); n != 5 || err != nil {
				t.Fatalf("turn %d: Exchange() = %d, %v", i, n, err)
			}
			c.SetReadDeadline(time.Now().Add(-1))
			c.SetReadDeadline(time.Time{})
		}
	})
}

func TestOnlyTheLastDeadlineCounts(t *testing.T) {
	large := make([]byte, 32<<20)
	const soonish, pause, later = 20 * time.Millisecond, 60 * time.Millisecond, time.Minute
	for _, test := range []struct {
		name string
		set  []time.Duration // 0: none
		ok   bool
	}{
		{"moved later", []time.Duration{soonish, later}, true},
		{"taken back", []time.Duration{soonish, 0}, true},
		{"taken back and set again", []time.Duration{soonish, 0, later}, true},
		{"moved earlier", []time.Duration{later, soonish}, false},
		{"moved later and earlier", []time.Duration{soonish, later, soonish}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			forEachMedium(t, func(t *testing.T, m medium) {
				// The server takes its time to read, and to answer: until the
				// client has given up, if it is to.
				gaveUp := make(chan struct{})
				rest := func() {
					if !test.ok {
						<-gaveUp
					}
					time.Sleep(pause)
				}
				l := serve(t, m.mute(t, transport.ListenConfig{}), func(c *transport.Conn) transport.ConnHandler {
					rested := false
					return &handler{data: func(in []byte) (int, int, error) {
						if len(in) == 1 {
							rest()
							return len(in), 0, c.Write(in)
						}
						if !rested {
							rest()
						}
						rested = true
						return len(in), 0, nil
					}}
				})
				set := func(f func(time.Time) error) {
					for _, d := range test.set {
						at := time.Time{}
						if d > 0 {
							at = time.Now().Add(d)
						}
						if err := f(at); err != nil {
							t.Error(err)
						}
					}
				}
				c := m.dial(t, l)
				for range 2 { // the second time a timer has gone off meanwhile
					set(c.SetReadDeadline)
					_, err := c.Exchange([]byte("x"), make([]byte, 1))
					if got := err == nil; got != test.ok {
						t.Errorf("Exchange() = %v", err)
					}
					if !test.ok {
						break
					}
				}
				c = m.dial(t, l)
				set(c.SetWriteDeadline)
				err := c.Write(large)
				close(gaveUp)
				if got := err == nil; got != test.ok {
					t.Errorf("Write() = %v", err)
				}
			})
		})
	}
}

func TestWriteTimeout(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		// A client that does not read. The time-out is long enough for a busy
		// machine to have sent something.
		result := make(chan error, 2)
		l := serve(t, m.listen(t, transport.ListenConfig{WriteTimeout: time.Second}), func(c *transport.Conn) transport.ConnHandler {
			return &handler{data: func(in []byte) (int, int, error) {
				result <- c.Write([]byte("short"))
				result <- c.Write(make([]byte, 64<<20))
				return len(in), 0, nil
			}}
		})
		nc := m.raw(t, l)
		nc.Write([]byte("x"))
		if err := soon(t, result, "the short write"); err != nil {
			t.Errorf("Write() of a few bytes = %v", err)
		}
		err := soon(t, result, "the long write")
		var op *transport.OpError
		if !errors.As(err, &op) || !op.Timeout() || op.Op != transport.OpWrite || !op.Sent {
			t.Errorf("Write() = %v, want a time-out of the write with Sent", err)
		}
	})
}

// What a peer does not read yet stays to be written, in its place.
func TestWriteNowDoesNotWaitForThePeer(t *testing.T) {
	const size = 32 << 20 // more than any system buffers
	want := frame(size, 1)
	forEachMedium(t, func(t *testing.T, m medium) {
		gate, all := make(chan struct{}), make(chan bool, 1)
		l := serve(t, m.mute(t, transport.ListenConfig{}), func(*transport.Conn) transport.ConnHandler {
			at, same := 0, true
			return &handler{data: func(in []byte) (int, int, error) {
				<-gate
				same = same && bytes.Equal(in, want[at:at+len(in)])
				if at += len(in); at == len(want) {
					all <- same
				}
				return len(in), 0, nil
			}}
		})
		c := m.dial(t, l)
		n, err := c.WriteNow(want)
		if n == 0 || n == len(want) || err != nil {
			t.Errorf("WriteNow() = %d, %v, want a part of %d", n, err, len(want))
		}
		for more := -1; more != 0; n += more { // the peer's buffers fill
			if more, err = c.WriteNow(want[n:]); err != nil {
				t.Fatal(err)
			}
		}
		close(gate)
		if err := c.Write(want[n:]); err != nil {
			t.Error(err)
		}
		if !soon(t, all, "all of it") {
			t.Error("it has arrived changed")
		}
	})
}
