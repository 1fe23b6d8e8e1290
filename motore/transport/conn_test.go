package transport_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
)

func TestExchangeReturnsTheAnswer(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		l := serve(t, m.listen(t, transport.ListenConfig{}), echo)
		c := m.dial(t, l)
		in := make([]byte, 100)
		for _, msg := range []string{"one", "two", strings.Repeat("three", 20)} {
			n, err := c.Exchange([]byte(msg), in)
			if err != nil || string(in[:n]) != msg {
				t.Fatalf("Exchange(%q) = %q, %v", msg, in[:n], err)
			}
		}
		var kept [][]byte
		for _, size := range []int{10, 3, 0} { // more than comes, just as much, less
			in, err := c.ExchangeNew([]byte("abc"), size)
			if err != nil || !strings.HasPrefix("abc", string(in)) || len(in) < min(size, 3) || len(in) == 0 {
				t.Fatalf("ExchangeNew(%q, %d) = %q, %v", "abc", size, in, err)
			}
			kept = append(kept, in)
			for rest := "abc"[len(in):]; rest != ""; {
				n, err := c.Read(make([]byte, 3))
				if err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
		}
		if string(kept[0]) != "abc" || string(kept[1]) != "abc" {
			t.Errorf("what ExchangeNew has returned has become %q", kept)
		}
		l.CloseConns()
		var op *transport.OpError
		if in, err := c.ExchangeNew([]byte("abc"), 3); !errors.As(err, &op) || len(in) > 0 {
			t.Errorf("ExchangeNew() = %q, %v after the peer has closed", in, err)
		}
		if got := c.Engine(); got != m.engine {
			t.Errorf("Engine() = %v, want %v", got, m.engine)
		}
		if got, want := c.RemoteAddress(), l.Address(); got != want {
			t.Errorf("RemoteAddress() = %v, want %v", got, want)
		}
		if got, want := c.TLS() != nil, strings.Contains(m.name, "TLS"); got != want {
			t.Errorf("TLS() != nil is %v, want %v", got, want)
		}
	})
}

func TestHandlerIsCalledWithWhatItNeeds(t *testing.T) {
	big := frame(3<<20, 1)
	small := frame(10, 2)
	middle := frame(20_000, 3)
	many := bytes.Repeat(small, 2000)
	for _, test := range []struct {
		name   string
		stream []byte
		piece  int // bytes per write
	}{
		{"one frame in one write", small, 1 << 30},
		{"one byte at a time", bytes.Repeat(small, 3), 1},
		{"a frame of no bytes", frame(0, 0), 1},
		{"many frames in one write", many, 1 << 30},
		{"frames cut at odd places", many, 37},
		{"a frame larger than the first buffer", middle, 1 << 30},
		{"a large frame", big, 1 << 30},
		{"a large frame in pieces", big, 100_000},
		{"small, large, small", bytes.Join([][]byte{small, big, small, middle, many}, nil), 1 << 30},
	} {
		t.Run(test.name, func(t *testing.T) {
			forEachMedium(t, func(t *testing.T, m medium) {
				l := serve(t, m.listen(t, transport.ListenConfig{}), checkNeed(t, frames))
				nc := m.raw(t, l)
				go func() {
					for b := test.stream; len(b) > 0; {
						n := min(test.piece, len(b))
						if _, err := nc.Write(b[:n]); err != nil {
							t.Error(err)
							return
						}
						b = b[n:]
					}
				}()
				got := make([]byte, len(test.stream))
				if n, err := io.ReadFull(nc, got); err != nil {
					t.Fatalf("after %d of %d bytes: %v", n, len(got), err)
				}
				if !bytes.Equal(got, test.stream) {
					t.Error("the answer differs from what was sent")
				}
			})
		})
	}
}

// checkNeed returns handlers that fail the test if Data is called with nothing
// new, or with less than the handler needs.
func checkNeed(t *testing.T, of func(*transport.Conn) transport.ConnHandler) func(*transport.Conn) transport.ConnHandler {
	return func(c *transport.Conn) transport.ConnHandler {
		h := of(c)
		least := 1
		return &handler{data: func(in []byte) (int, int, error) {
			if len(in) < least {
				t.Errorf("Data got %d bytes, need %d", len(in), least)
			}
			consumed, need, err := h.Data(in)
			if least = need; consumed == 0 || need == 0 {
				least = max(need, len(in)-consumed+1)
			}
			return consumed, need, err
		}, closed: h.Closed}
	}
}

func TestHandlerThatTakesOneFramePerCallGetsAllOfThem(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		l := serve(t, m.listen(t, transport.ListenConfig{}), func(c *transport.Conn) transport.ConnHandler {
			return &handler{data: func(in []byte) (int, int, error) { return 2, 2, c.Write(in[:2]) }}
		})
		nc := m.raw(t, l)
		// The first call may see one byte only if the handler has not named
		// its need yet.
		nc.Write([]byte("aabb"))
		nc.Write([]byte("ccddee"))
		got := make([]byte, 10)
		if _, err := io.ReadFull(nc, got); err != nil || string(got) != "aabbccddee" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestEndOfTheStream(t *testing.T) {
	boom := errors.New("boom")
	for _, test := range []struct {
		name string
		sent string
		end  func(*testing.T, net.Conn)
		data func(c *transport.Conn, in []byte) (int, int, error)
		want error
	}{
		{"the peer closes between messages", "abc", closeAll, consume, io.EOF},
		{"the peer closes at once", "", closeAll, consume, io.EOF},
		{"the peer closes within a message", "abc", closeAll, await, io.ErrUnexpectedEOF},
		{"the peer closes its sending half", "abc", closeWrite, consume, io.EOF},
		{"the peer closes its sending half within a message", "abc", closeWrite, await, io.ErrUnexpectedEOF},
		{"the handler returns an error", "abc", stay, func(*transport.Conn, []byte) (int, int, error) { return 0, 0, boom }, boom},
		{"the handler closes the connection", "abc", stay, func(c *transport.Conn, in []byte) (int, int, error) {
			return len(in), 0, c.Close()
		}, net.ErrClosed},
	} {
		t.Run(test.name, func(t *testing.T) {
			forEachMedium(t, func(t *testing.T, m medium) {
				ended := make(chan error, 2)
				// What is not noticed at one of its looks ends as idle at the fifth.
				config := transport.ListenConfig{IdleTimeout: 2 * time.Second} // it looks every 500 ms
				if test.name == "the peer closes between messages" {
					config.IdleTimeout *= 2 // every second
				}
				l := serve(t, m.listen(t, config), func(c *transport.Conn) transport.ConnHandler {
					return &handler{
						data:   func(in []byte) (int, int, error) { return test.data(c, in) },
						closed: func(err error) { ended <- err },
					}
				})
				nc := m.raw(t, l)
				nc.Write([]byte(test.sent))
				test.end(t, nc)
				if err := soon(t, ended, "Closed"); !errors.Is(err, test.want) {
					t.Errorf("Closed(%v), want %v", err, test.want)
				}
				// The server has closed its side as well.
				nc.SetReadDeadline(time.Now().Add(patience))
				if n, err := nc.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
					t.Errorf("Read() = %d, %v; want the end", n, err)
				}
				l.Close()
				l.Wait()
				if len(ended) > 0 {
					t.Error("Closed was called twice")
				}
			})
		})
	}
}

func consume(_ *transport.Conn, in []byte) (int, int, error) { return len(in), 0, nil }
func await(_ *transport.Conn, in []byte) (int, int, error)   { return 0, 10, nil }
func closeAll(_ *testing.T, nc net.Conn)                     { nc.Close() }
func stay(*testing.T, net.Conn)                              {}
func closeWrite(t *testing.T, nc net.Conn) {
	if err := nc.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		t.Error(err)
	}
}

func TestServeOfAClientEndsWithThePeer(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		// The answer and the end come at once.
		l := serve(t, m.listen(t, transport.ListenConfig{}), func(c *transport.Conn) transport.ConnHandler {
			return &handler{data: func(in []byte) (int, int, error) {
				return len(in), 0, errors.Join(c.Write(in), c.Close())
			}}
		})
		c := m.dial(t, l)
		var got []byte
		ended := make(chan error, 1)
		go func() {
			ended <- c.Serve(&handler{data: func(in []byte) (int, int, error) {
				got = append(got, in...)
				return len(in), 0, nil
			}})
		}()
		if err := c.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if err := soon(t, ended, "Serve"); err != nil {
			t.Errorf("Serve() = %v, want nil at the end of the stream", err)
		}
		if string(got) != "hello" {
			t.Errorf("got %q, want %q", got, "hello")
		}
		if err := c.Write([]byte("x")); err == nil {
			t.Error("Write() after the end = nil, want an error")
		}
	})
}

func TestAHalfClosedPeerGetsItsAnswer(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		l := serve(t, m.listen(t, transport.ListenConfig{}), echo)
		nc := m.raw(t, l)
		nc.Write([]byte("hello"))
		closeWrite(t, nc)
		got, err := io.ReadAll(nc)
		if string(got) != "hello" || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, "hello")
		}
	})
}
