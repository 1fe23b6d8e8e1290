package http2_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// whole opens a stream with a complete request.
func whole(c *http2.Client, body []byte, until http2.Bound) (*http2.ClientStream, error) {
	return c.Open(http2.Request{Head: req, Body: body, End: true, Whole: true}, until)
}

// data reads DATA frames until n bytes have come, and returns the number of
// frames.
func (p *peer) data(n int) (frames int) {
	p.t.Helper()
	for n > 0 {
		f := await[*xhttp2.DataFrame](p)
		n -= len(f.Data())
		frames++
	}
	if n < 0 {
		p.t.Fatalf("%d bytes more than wanted", -n)
	}
	return frames
}

// quiet reports that nothing more comes.
func (p *peer) quiet() bool {
	p.nc.SetReadDeadline(time.Now().Add(time.Second))
	defer p.nc.SetReadDeadline(time.Time{})
	f := p.next()
	return f == nil
}

// TestSendersKeepToTheWindows has a server of the test that gives window bit
// by bit.
func TestSendersKeepToTheWindows(t *testing.T) {
	const size = 100_000
	body := frame(make([]byte, size-http2.EnvelopeSize))
	tests := []struct {
		name    string
		initial uint32
		first   int // bytes that may come at first
		more    func(p *peer, id uint32)
		then    int
	}{
		{"the stream's window", 10_000, 10_000, func(p *peer, id uint32) { p.fr.WriteWindowUpdate(id, 20_000) }, 20_000},
		{"the connection's window", 1 << 20, 65_535, func(p *peer, id uint32) { p.fr.WriteWindowUpdate(0, 10_000) }, 10_000},
		{"a window of nothing", 0, 0, func(p *peer, id uint32) { p.fr.WriteWindowUpdate(id, 1) }, 1},
		{"settings that widen", 10_000, 10_000, func(p *peer, id uint32) {
			p.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 15_000})
		}, 5_000},
		{"settings that shrink below zero", 10_000, 10_000, func(p *peer, id uint32) {
			p.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 1_000}) // now -9,000
			p.fr.WriteWindowUpdate(id, 9_000)                                                   // 0
			p.fr.WriteWindowUpdate(id, 7)
		}, 7},
		{"both within one frame of settings", 10_000, 10_000, func(p *peer, id uint32) {
			p.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 0},
				xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 10_100})
		}, 100},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := against(t, http2.Config{}, xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: test.initial})
				synctest.Wait()
				type result struct {
					s   *http2.ClientStream
					err error
				}
				opened := make(chan result, 1)
				go func() {
					s, err := whole(c, body, http2.Bound{})
					opened <- result{s, err}
				}()
				id := await[*xhttp2.HeadersFrame](p).StreamID
				p.data(test.first)
				synctest.Wait()
				if n := c.Starved(); n != 1 {
					t.Errorf("%d senders wait, want 1", n)
				}
				test.more(p, id)
				p.data(test.then)
				synctest.Wait()
				if pending := c.Pending(); pending != 0 {
					t.Errorf("%d bytes more are pending", pending)
				}
				p.fr.WriteWindowUpdate(0, size)
				p.fr.WriteWindowUpdate(id, size)
				p.data(size - test.first - test.then)
				r := <-opened
				if r.err != nil {
					t.Fatal(r.err)
				}
				p.headers(id, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "0")
				if err := r.s.Wait(http2.Bound{}); err != nil {
					t.Error(err)
				}
				if c.Starved() != 0 || c.Streams() != 0 {
					t.Errorf("%d wait, %d streams are open", c.Starved(), c.Streams())
				}
			})
		})
	}
}

// TestSendersThatGiveUp leave nothing behind.
func TestSendersThatGiveUp(t *testing.T) {
	body := frame(make([]byte, 1000))
	tests := []struct {
		name string
		do   func(p *peer, id uint32, cancel func())
		want func(err error) bool
		over bool // the connection
	}{
		{"deadline", func(*peer, uint32, func()) {}, func(err error) bool { return errors.Is(err, context.DeadlineExceeded) }, false},
		{"cancellation", func(_ *peer, _ uint32, cancel func()) { cancel() }, func(err error) bool { return errors.Is(err, context.Canceled) }, false},
		{"reset by the peer", func(p *peer, id uint32, _ func()) { p.fr.WriteRSTStream(id, xhttp2.ErrCodeInternal) },
			func(err error) bool {
				var e *http2.ResetError
				return errors.As(err, &e) && e.Remote && e.Code == http2.InternalError && !e.Unprocessed
			}, false},
		{"refused by the peer", func(p *peer, id uint32, _ func()) { p.fr.WriteRSTStream(id, xhttp2.ErrCodeRefusedStream) },
			func(err error) bool { var e *http2.ResetError; return errors.As(err, &e) && e.Unprocessed }, false},
		{"an early answer", func(p *peer, id uint32, _ func()) {
			p.headers(id, true, ":status", "200", "content-type", "application/grpc", "grpc-status", "3")
			p.fr.WriteRSTStream(id, xhttp2.ErrCodeNo)
		}, func(err error) bool { return err == nil }, false},
		{"GOAWAY that leaves it out", func(p *peer, id uint32, _ func()) { p.fr.WriteGoAway(0, xhttp2.ErrCodeNo, nil) },
			func(err error) bool { var e *http2.ConnError; return errors.As(err, &e) && e.Unprocessed }, true},
		{"the connection is lost", func(p *peer, _ uint32, _ func()) { p.nc.Close() },
			func(err error) bool { var e *http2.ConnError; return errors.As(err, &e) && !e.Unprocessed }, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := against(t, http2.Config{}, xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 10})
				synctest.Wait()
				done := make(chan struct{})
				var s *http2.ClientStream
				var err error
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					s, err = whole(c, body, http2.Bound{Deadline: time.Now().Add(time.Minute), Done: done})
				}()
				id := await[*xhttp2.HeadersFrame](p).StreamID
				p.data(10)
				test.do(p, id, func() { close(done) })
				<-ended
				if !test.want(err) {
					t.Errorf("got %v", err)
				}
				if s != nil {
					if err := s.Wait(http2.Bound{}); err != nil || s.Tail().Status != "3" {
						t.Errorf("Wait: %v, tail %v", err, s.Tail())
					}
					if _, err := s.Recv(http2.Bound{}); err != io.EOF {
						t.Errorf("Recv: got %v, want EOF", err)
					}
					s.Cancel()
				}
				synctest.Wait()
				if c.Streams() != 0 || !test.over && c.Starved() != 0 {
					t.Errorf("%d streams, %d waiting", c.Streams(), c.Starved())
				}
				if over := c.Err() != nil; over != test.over {
					t.Errorf("connection over: %v (%v), want %v", over, c.Err(), test.over)
				}
			})
		})
	}
}

// TestAStalledStreamDoesNotStallOthers has one whose user does not receive,
// and one that has no window to send.
func TestAStalledStreamDoesNotStallOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := serve(t, http2.Config{StreamWindow: 1 << 16, ConnWindow: 1 << 17}, handler{
			begin: func(s *http2.ServerStream) bool { return s.Timeout == "" },
			run: func(s *http2.ServerStream) {
				if s.Timeout != "" { // marks the one that stalls
					<-release
				}
				echo{}.Run(s)
				s.Done()
			},
		})
		_ = s
		c, _ := s.client(http2.Config{})
		stalled, err := c.Open(http2.Request{Head: req, Fields: []http2.Field{{Name: "grpc-timeout", Value: "1H"}}}, http2.Bound{})
		if err != nil {
			t.Fatal(err)
		}
		sent := make(chan error, 1)
		go func() { sent <- stalled.Send(make([]byte, 1<<20), false, true, http2.Bound{}) }()
		synctest.Wait()
		for range 200 {
			if got, _, err := unary(c, frame(make([]byte, 10_000))); err != nil || len(got) != 10_000 {
				t.Fatalf("got %d bytes, error %v", len(got), err)
			}
		}
		stalled.Cancel()
		if err := <-sent; err == nil {
			t.Error("sent in spite of the window")
		}
		close(release)
	})
}

// TestLargeMessagesShareABudget sends messages larger than the window, several
// at a time, to users that are slow, and checks that everything is given back.
func TestLargeMessagesShareABudget(t *testing.T) {
	const window = 64 << 10
	sizes := []int{window/2 - 5, window/2 + 1, window * 6 / 10, window * 6 / 10, window * 6 / 10, window * 6 / 10, window, window + 1, 3 << 20, 1, window * 9 / 10, window * 9 / 10, window * 9 / 10}
	for _, pause := range []time.Duration{0, time.Second} {
		t.Run(pause.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := make(chan int, 1000)
				s := serve(t, http2.Config{StreamWindow: window, ConnWindow: 128 << 10}, handler{begin: streaming, run: func(s *http2.ServerStream) {
					for {
						time.Sleep(pause)
						m, err := s.Recv(http2.Bound{})
						if err != nil {
							break
						}
						got <- len(m.Data)
					}
					s.Finish(head, nil, nil, tail, nil, http2.Bound{})
				}})
				c, sc := s.client(http2.Config{})
				cs, err := c.Open(http2.Request{Head: req}, http2.Bound{})
				if err != nil {
					t.Fatal(err)
				}
				for range 5 {
					for i, n := range sizes {
						if err := cs.Send(frame(make([]byte, n)), false, i%2 == 0, http2.Bound{Deadline: time.Now().Add(time.Hour)}); err != nil {
							t.Fatalf("message %d of %d bytes: %v", i, n, err)
						}
					}
				}
				if err := cs.Send(nil, true, true, http2.Bound{}); err != nil {
					t.Fatal(err)
				}
				if err := cs.Wait(http2.Bound{}); err != nil {
					t.Fatal(err)
				}
				for range 5 {
					for i, n := range sizes {
						if m := <-got; m != n {
							t.Fatalf("message %d: got %d bytes, want %d", i, m, n)
						}
					}
				}
				synctest.Wait()
				bytes, waiting := sc.Prepaid()
				if bytes != 0 || waiting != 0 || sc.Held() != 0 {
					t.Errorf("%d bytes prepaid, %d wait, %d held", bytes, waiting, sc.Held())
				}
			})
		})
	}
}

// TestTheBudgetIsKept begins more large messages than it has room for.
func TestTheBudgetIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const size = 30 << 20
		s := serve(t, http2.Config{MaxMessageSize: size}, handler{})
		p, sc := s.raw()
		granted := make(map[uint32]uint32)
		go func() {
			for f := p.next(); f != nil; f = p.next() {
				if f, ok := f.(*xhttp2.WindowUpdateFrame); ok {
					granted[f.StreamID] += f.Increment
				}
			}
		}()
		begin := func(id uint32) {
			p.open(id, false)
			p.fr.WriteData(id, false, []byte{0, size >> 24, size >> 16 & 0xff, size >> 8 & 0xff, size & 0xff})
			synctest.Wait()
		}
		for id := uint32(1); id <= 7; id += 2 {
			begin(id)
		}
		if granted[1] != size || granted[3] != size || len(granted) != 2 {
			t.Errorf("granted %v, want streams 1 and 3", granted)
		}
		if bytes, waiting := sc.Prepaid(); bytes != 2*size || waiting != 2 {
			t.Errorf("%d bytes prepaid, %d wait", bytes, waiting)
		}
		// One that waits gives up; one that was paid does, and the next is.
		p.fr.WriteRSTStream(5, xhttp2.ErrCodeCancel)
		p.fr.WriteRSTStream(1, xhttp2.ErrCodeCancel)
		synctest.Wait()
		if granted[7] != size || granted[5] != 0 {
			t.Errorf("granted %v, want stream 7", granted)
		}
		p.fr.WriteRSTStream(3, xhttp2.ErrCodeCancel)
		p.fr.WriteRSTStream(7, xhttp2.ErrCodeCancel)
		synctest.Wait()
		if bytes, waiting := sc.Prepaid(); bytes != 0 || waiting != 0 || sc.Held() != 0 {
			t.Errorf("%d bytes prepaid, %d wait, %d held", bytes, waiting, sc.Held())
		}
		p.nc.Close()
	})
}

// TestWindowsNeitherShrinkNorGrow receives messages that were paid for in
// advance, and ones that were not since the budget was taken.
func TestWindowsNeitherShrinkNorGrow(t *testing.T) {
	for _, taken := range []bool{false, true} {
		t.Run(fmt.Sprint("budget taken: ", taken), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const window, size, huge = 1 << 20, 600 << 10, http2.Budget
				rooms := make(chan int64, 10)
				s := serve(t, http2.Config{MaxMessageSize: huge, StreamWindow: window}, handler{begin: streaming, run: func(s *http2.ServerStream) {
					for {
						if _, err := s.Recv(http2.Bound{}); err != nil {
							return
						}
						rooms <- s.Room()
					}
				}})
				p, _ := s.raw()
				go p.ended()
				if taken {
					p.open(1, false)
					p.fr.WriteData(1, false, []byte{0, huge >> 24, huge >> 16 & 0xff, huge >> 8 & 0xff, huge & 0xff})
				}
				p.open(3, false)
				for i := range 10 {
					for m := frame(make([]byte, size)); len(m) > 0; {
						n := min(len(m), 16<<10)
						p.fr.WriteData(3, false, m[:n])
						m = m[n:]
					}
					if room := <-rooms; room != window {
						t.Fatalf("after message %d the window is %d, want %d", i, room, window)
					}
				}
				p.nc.Close()
			})
		})
	}
}

// TestMoreDataThanTheWindow is sent by a peer that breaks the rules.
func TestMoreDataThanTheWindow(t *testing.T) {
	chunk := make([]byte, 16000)
	t.Run("of a stream", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			deaf := handler{begin: streaming, run: func(*http2.ServerStream) { <-t.Context().Done() }}
			p, _ := serve(t, http2.Config{StreamWindow: 40_000}, deaf).raw()
			p.open(1, false)
			p.fr.WriteData(1, false, frame(make([]byte, 15_995)))
			p.fr.WriteData(1, false, frame(make([]byte, 15_995)))
			p.fr.WriteData(1, false, chunk)
			if f := await[*xhttp2.RSTStreamFrame](p); f.ErrCode != xhttp2.ErrCodeFlowControl {
				t.Errorf("got %v", f)
			}
		})
	})
	t.Run("of the connection", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			// All in one batch: no window is granted in between.
			p, _ := serve(t, http2.Config{ConnWindow: 65535, MaxFrameSize: 1 << 20}, handler{}).raw()
			p.open(1, false)
			go p.fr.WriteData(1, false, make([]byte, 70_000))
			if code, _, _ := p.ended(); code != http2.FlowControlError {
				t.Errorf("got %v", code)
			}
		})
	})
}

// TestPaddingIsGrantedAgain sends more padding than there is window.
func TestPaddingIsGrantedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := serve(t, http2.Config{StreamWindow: 1000}, handler{}).raw()
		p.open(1, false)
		window := 1000
		granted := make(chan int, 1000)
		go func() {
			for f := p.next(); f != nil; f = p.next() {
				switch f := f.(type) {
				case *xhttp2.WindowUpdateFrame:
					granted <- int(f.Increment)
				case *xhttp2.HeadersFrame:
					if f.StreamEnded() {
						close(granted)
						return
					}
				}
			}
		}()
		body := frame([]byte("hello"))
		for _, b := range body {
			for window < 102 {
				window += <-granted
			}
			p.fr.WriteDataPadded(1, false, []byte{b}, make([]byte, 100))
			window -= 102
		}
		p.fr.WriteData(1, true, nil)
		for range granted {
		}
	})
}
