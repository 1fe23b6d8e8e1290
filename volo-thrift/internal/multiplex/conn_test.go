package multiplex_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-thrift/internal/multiplex"
)

// A frame of these tests: its length in one byte, a sequence id in four, text.
func frame(seq int32, text string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{byte(5 + len(text))}, uint32(seq))
	return append(b, text...)
}

const drain = "go elsewhere"

var errFraming = errors.New("a frame of no length")

type framing struct{}

func (framing) Size(in []byte) (int, error) {
	switch {
	case len(in) == 0:
		return 0, nil
	case in[0] == 0:
		return 0, errFraming
	}
	return int(in[0]), nil
}

func (framing) Seq(frame []byte) int32     { return int32(binary.BigEndian.Uint32(frame[1:])) }
func (framing) Draining(frame []byte) bool { return string(frame[5:]) == drain }

// pair returns a connection and its other end, which the test holds.
func pair(t testing.TB) (*multiplex.Conn, net.Conn) {
	t.Helper()
	l := transport.NewMemoryListener()
	client, err := l.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c := multiplex.New(transport.NewConn(client), framing{})
	t.Cleanup(func() {
		c.Close()
		server.Close()
	})
	return c, server
}

// adding returns what appends a frame.
func adding(frame []byte) func([]byte) []byte {
	return func(b []byte) []byte { return append(b, frame...) }
}

// send starts a call and returns its waiter.
func send(t testing.TB, c *multiplex.Conn, text string) *multiplex.Waiter {
	t.Helper()
	w, err := c.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Send(w, time.Time{}, nil, adding(frame(w.Seq(), text))); err != nil {
		t.Fatal(err)
	}
	return w
}

func wait(t testing.TB, c *multiplex.Conn, w *multiplex.Waiter, want string) {
	t.Helper()
	got, err := c.Wait(w, time.Time{}, nil)
	if err != nil || string(got[5:]) != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func reply(t testing.TB, to net.Conn, b ...[]byte) {
	t.Helper()
	var all []byte
	for _, b := range b {
		all = append(all, b...)
	}
	if _, err := to.Write(all); err != nil {
		t.Errorf("replying: %v", err)
	}
}

func expect(t testing.TB, what string, got, want any) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestAnswersFindTheirCallsInAnyOrder(t *testing.T) {
	c, server := pair(t)
	a, b, d := send(t, c, "a"), send(t, c, "b"), send(t, c, "d")
	expect(t, "InFlight", c.InFlight(), 3)
	reply(t, server, frame(d.Seq(), "to d"), frame(a.Seq(), "to a"))
	wait(t, c, a, "to a")
	wait(t, c, d, "to d")
	late := frame(b.Seq(), "to b")
	reply(t, server, late[:3])
	reply(t, server, late[3:])
	wait(t, c, b, "to b")
	expect(t, "InFlight", c.InFlight(), 0)
}

func TestACallThatGivesUpLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := pair(t)
		gone, stays := send(t, c, "gone"), send(t, c, "stays")
		seq := gone.Seq()
		start := time.Now()
		if _, err := c.Wait(gone, start.Add(time.Second), nil); err != context.DeadlineExceeded || time.Since(start) != time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		expect(t, "InFlight", c.InFlight(), 1)
		cancelled := send(t, c, "cancelled")
		done := make(chan struct{})
		close(done)
		if _, err := c.Wait(cancelled, time.Time{}, done); err != context.Canceled {
			t.Errorf("got %v", err)
		}
		// What comes late is dropped, what nobody asked for as well.
		reply(t, server, frame(seq, "late"), frame(4711, "unasked"), frame(-1, "negative"), frame(stays.Seq(), "in time"))
		wait(t, c, stays, "in time")
		expect(t, "InFlight", c.InFlight(), 0)
		if !c.Usable() {
			t.Error("the connection is of no use any more")
		}
	})
}

func TestTheTableGrowsAroundLongCalls(t *testing.T) {
	for _, tt := range []struct {
		what string
		from int32 // last sequence id before
	}{
		{"from the start", 0},
		{"where ids wrap around", 1<<31 - 1 - 700},
	} {
		t.Run(tt.what, func(t *testing.T) {
			c, server := pair(t)
			go io.Copy(io.Discard, server)
			c.SetNext(tt.from)
			seen := map[int32]bool{}
			var long []*multiplex.Waiter
			for i := range 1000 {
				w := send(t, c, "long")
				long = append(long, w)
				if seq := w.Seq(); seq <= 0 || seen[seq] {
					t.Fatalf("call %d has the sequence id %d", i, seq)
				}
				seen[w.Seq()] = true
				for range 3 { // short ones come and go
					short := send(t, c, "short")
					if seen[short.Seq()] {
						t.Fatalf("a short call has the id %d of a long one", short.Seq())
					}
					reply(t, server, frame(short.Seq(), "done"))
					wait(t, c, short, "done")
				}
			}
			expect(t, "InFlight", c.InFlight(), 1000)
			if n := c.Slots(); n != 2048 {
				t.Errorf("the table has %d slots for 1,000 calls, want 2,048", n)
			}
			for _, i := range rand.Perm(len(long)) {
				reply(t, server, frame(long[i].Seq(), "at last"))
				wait(t, c, long[i], "at last")
			}
			expect(t, "InFlight", c.InFlight(), 0)
		})
	}
}

func TestSequenceIDsWrapAroundPastZero(t *testing.T) {
	c, server := pair(t)
	first := send(t, c, "long") // has 1, and keeps it
	c.SetNext(1<<31 - 3)
	var got []int32
	for range 4 {
		w := send(t, c, "x")
		got = append(got, w.Seq())
		reply(t, server, frame(w.Seq(), "y"))
		wait(t, c, w, "y")
	}
	want := []int32{1<<31 - 2, 1<<31 - 1, 2, 3} // 0 is for control frames, 1 is taken
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("the ids were %d, want %d", got, want)
		}
	}
	reply(t, server, frame(first.Seq(), "z"))
	wait(t, c, first, "z")
}

func TestADrainingConnectionEndsWithItsLastCall(t *testing.T) {
	ends := func(t *testing.T, c *multiplex.Conn, server net.Conn) {
		t.Helper()
		synctest.Wait()
		if !c.Ended() {
			t.Error("the connection lives on")
		}
		if _, err := io.Copy(io.Discard, server); err != nil {
			t.Errorf("the peer sees %v, want an orderly end", err)
		}
	}
	asks := map[string]func(t *testing.T, c *multiplex.Conn, server net.Conn){
		"the peer asks": func(t *testing.T, c *multiplex.Conn, server net.Conn) { reply(t, server, frame(0, drain)) },
		"we retire it":  func(t *testing.T, c *multiplex.Conn, server net.Conn) { c.Retire() },
	}
	for who, ask := range asks {
		for what, end := range map[string]func(t *testing.T, c *multiplex.Conn, server net.Conn, w *multiplex.Waiter){
			"is answered": func(t *testing.T, c *multiplex.Conn, server net.Conn, w *multiplex.Waiter) {
				reply(t, server, frame(w.Seq(), "ok"))
				wait(t, c, w, "ok")
			},
			"gives up": func(t *testing.T, c *multiplex.Conn, server net.Conn, w *multiplex.Waiter) {
				c.Wait(w, time.Now().Add(time.Second), nil)
			},
			"is abandoned": func(t *testing.T, c *multiplex.Conn, server net.Conn, w *multiplex.Waiter) { c.Abandon(w) },
		} {
			t.Run(who+", the last call "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, server := pair(t)
					first, last := send(t, c, "first"), send(t, c, "last")
					ask(t, c, server)
					synctest.Wait()
					if _, err := c.Acquire(); err != multiplex.ErrDraining || c.Usable() {
						t.Errorf("a new call got %v, want ErrDraining", err)
					}
					reply(t, server, frame(first.Seq(), "ok"))
					wait(t, c, first, "ok")
					synctest.Wait()
					if c.Ended() {
						t.Fatal("the connection has ended before its last call")
					}
					end(t, c, server, last)
					ends(t, c, server)
				})
			})
		}
		t.Run(who+", nothing is in flight", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, server := pair(t)
				ask(t, c, server)
				ends(t, c, server)
			})
		})
	}
}

func TestAnOrdinaryFrameWithSequenceZeroIsIgnored(t *testing.T) {
	c, server := pair(t)
	w := send(t, c, "x")
	reply(t, server, frame(0, "hello"), frame(w.Seq(), "y"))
	wait(t, c, w, "y")
	if !c.Usable() {
		t.Error("the connection is draining")
	}
}

func TestCallsFailForTheReasonTheConnectionEnds(t *testing.T) {
	for _, tt := range []struct {
		what string
		end  func(c *multiplex.Conn, server net.Conn)
		is   func(err error) bool
	}{
		{"the peer closes", func(_ *multiplex.Conn, server net.Conn) { server.Close() },
			func(err error) bool {
				return strings.Contains(err.Error(), "connection lost") && errors.Is(err, io.EOF)
			}},
		{"the peer closes within a frame", func(_ *multiplex.Conn, server net.Conn) {
			server.Write([]byte{50, 1})
			server.Close()
		}, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{"the peer sends garbage", func(_ *multiplex.Conn, server net.Conn) { server.Write([]byte{0, 0, 0}) },
			func(err error) bool { return errors.Is(err, errFraming) }},
		{"we close", func(c *multiplex.Conn, _ net.Conn) { c.Close() },
			func(err error) bool { return errors.Is(err, multiplex.ErrClosed) }},
	} {
		t.Run(tt.what, func(t *testing.T) {
			c, server := pair(t)
			a, b := send(t, c, "a"), send(t, c, "b")
			tt.end(c, server)
			for _, w := range []*multiplex.Waiter{a, b} {
				if _, err := c.Wait(w, time.Now().Add(time.Minute), nil); err == nil || !tt.is(err) {
					t.Errorf("got %v", err)
				}
			}
			if _, err := c.Acquire(); err == nil || !tt.is(err) {
				t.Errorf("a new call got %v", err)
			}
			expect(t, "InFlight", c.InFlight(), 0)
			c.Close()
			if !c.Ended() {
				t.Error("the reading goroutine lives on")
			}
		})
	}
}

func TestAnswersBeforeGarbageCount(t *testing.T) {
	c, server := pair(t)
	a, b := send(t, c, "a"), send(t, c, "b")
	reply(t, server, frame(a.Seq(), "in time"), []byte{0, 0, 0})
	wait(t, c, a, "in time")
	if _, err := c.Wait(b, time.Time{}, nil); !errors.Is(err, errFraming) {
		t.Errorf("the other call got %v, want the fault of the framing", err)
	}
}

func TestWaitersChangeHandsSafely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, server := pair(t)
		go func() { // answers some at once, some late, some never
			buf := make([]byte, 0, 1<<16)
			chunk := make([]byte, 1<<12)
			for {
				n, err := server.Read(chunk)
				if err != nil {
					return
				}
				for buf = append(buf, chunk[:n]...); len(buf) > 0 && len(buf) >= int(buf[0]); buf = buf[buf[0]:] {
					f := frame(int32(binary.BigEndian.Uint32(buf[1:])), string(buf[5:buf[0]]))
					switch rand.N(4) {
					case 0, 1:
						server.Write(f)
					case 2:
						time.AfterFunc(rand.N(3*time.Millisecond), func() { server.Write(f) })
					}
				}
			}
		}()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				for range 100 {
					w := send(t, c, "echo")
					deadline := time.Now().Add(rand.N(3 * time.Millisecond))
					got, err := c.Wait(w, deadline, nil)
					switch {
					case err == nil && string(got[5:]) == "echo":
					case err == context.DeadlineExceeded && !time.Now().Before(deadline):
					default:
						t.Errorf("got %q, %v", got, err)
					}
				}
			})
		}
		wg.Wait()
		expect(t, "InFlight", c.InFlight(), 0)
	})
}

// A wall is a network connection that takes some bytes and then fails.
type wall struct {
	net.Conn // nil
	room     int
	closed   chan struct{}
	once     sync.Once
}

var errWall = errors.New("wall")

func (w *wall) Write(b []byte) (int, error) {
	if w.room < len(b) {
		return w.room, errWall
	}
	w.room -= len(b)
	return len(b), nil
}

func (w *wall) Read([]byte) (int, error) {
	<-w.closed
	return 0, net.ErrClosed
}

func (w *wall) Close() error         { w.once.Do(func() { close(w.closed) }); return nil }
func (w *wall) LocalAddr() net.Addr  { return nil }
func (w *wall) RemoteAddr() net.Addr { return nil }

func TestSendSaysWhetherAnythingHasLeft(t *testing.T) {
	size := len(frame(1, "x"))
	for _, tt := range []struct {
		what       string
		room       int
		sent, fail bool // of the second of two frames
	}{
		{"all of it", 2 * size, true, false},
		{"a part of it", 2*size - 1, true, true},
		{"nothing of it", size, false, true},
	} {
		c := multiplex.New(transport.NewConn(&wall{room: tt.room, closed: make(chan struct{})}), framing{})
		send(t, c, "x")
		w, err := c.Acquire()
		if err != nil {
			t.Fatal(err)
		}
		sent, err := c.Send(w, time.Time{}, nil, adding(frame(w.Seq(), "x")))
		if sent != tt.sent || (err != nil) != tt.fail || c.Usable() == tt.fail {
			t.Errorf("when %s has left, Send says sent %v, %v, and the connection is usable: %v", tt.what, sent, err, c.Usable())
		}
		c.Close()
	}
}
