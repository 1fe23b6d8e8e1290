package http2_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// Every test here runs in a synctest bubble, which fails if a goroutine is left.

var response = []string{":status", "200", "content-type", "application/grpc"}

// TestHowCallsEnd has a server of the test answer one call in every way.
func TestHowCallsEnd(t *testing.T) {
	status := func(s string) []string { return append(append([]string(nil), response...), "grpc-status", s) }
	tests := []struct {
		name   string
		answer func(p *peer, id uint32)
		status string
		data   string
		err    func(error) bool // of Wait or Recv
		over   bool             // the connection
	}{
		{name: "head, message, trailers", status: "0", data: "hi", answer: func(p *peer, id uint32) {
			p.headers(id, false, response...)
			p.fr.WriteData(id, false, frame([]byte("hi")))
			p.headers(id, true, "grpc-status", "0")
		}},
		{name: "trailers only", status: "5", answer: func(p *peer, id uint32) { p.headers(id, true, status("5")...) }},
		{name: "informational responses first", status: "0", answer: func(p *peer, id uint32) {
			p.headers(id, false, ":status", "100")
			p.headers(id, false, ":status", "103", "link", "x")
			p.headers(id, true, status("0")...)
		}},
		{name: "padding, priority and continuations", status: "0", data: "hi", answer: func(p *peer, id uint32) {
			b := p.block(response...)
			p.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: id, BlockFragment: b[:1], PadLength: 9,
				Priority: xhttp2.PriorityParam{StreamDep: 99, Weight: 3}})
			p.fr.WriteContinuation(id, false, b[1:2])
			p.fr.WriteContinuation(id, false, nil)
			p.fr.WriteContinuation(id, true, b[2:])
			m := frame([]byte("hi"))
			p.fr.WriteDataPadded(id, false, m[:3], make([]byte, 7))
			p.fr.WriteData(id, false, nil)
			p.fr.WriteData(id, false, m[3:])
			p.headers(id, true, "grpc-status", "0")
		}},
		{name: "settings, pings and frames nobody knows between", status: "0", answer: func(p *peer, id uint32) {
			p.fr.WriteSettings(xhttp2.Setting{ID: 0xabc, Val: 9}, xhttp2.Setting{ID: xhttp2.SettingHeaderTableSize, Val: 0})
			p.fr.WritePing(false, [8]byte{1})
			p.fr.WriteRawFrame(0xee, 0xff, id, []byte("x"))
			p.headers(id, true, status("0")...)
		}},
		{name: "a reset after the end", status: "0", answer: func(p *peer, id uint32) {
			p.headers(id, true, status("0")...)
			p.fr.WriteRSTStream(id, xhttp2.ErrCodeNo)
		}},
		{name: "a reset before it", err: isReset(http2.InternalError, true), answer: func(p *peer, id uint32) {
			p.headers(id, false, response...)
			p.fr.WriteRSTStream(id, xhttp2.ErrCodeInternal)
		}},
		{name: "the end within a message", err: isReset(http2.InternalError, false), answer: func(p *peer, id uint32) {
			p.headers(id, false, response...)
			p.fr.WriteData(id, false, []byte{0, 0, 0, 0, 9, 'x'})
			p.headers(id, true, "grpc-status", "0")
		}},
		{name: "END_STREAM on DATA", answer: func(p *peer, id uint32) {
			p.headers(id, false, response...)
			p.fr.WriteData(id, true, frame([]byte("hi")))
		}, data: "hi"},
		{name: "no :status", err: isReset(http2.ProtocolError, false), answer: func(p *peer, id uint32) {
			p.headers(id, false, "content-type", "application/grpc")
		}},
		{name: "trailers without END_STREAM", err: isReset(http2.ProtocolError, false), answer: func(p *peer, id uint32) {
			p.headers(id, false, response...)
			p.headers(id, false, "grpc-status", "0")
		}},
		{name: "a name in upper case", err: isReset(http2.ProtocolError, false), answer: func(p *peer, id uint32) {
			p.headers(id, true, append([]string{":status", "200"}, "X-Up", "1")...)
		}},
		{name: "what is not gRPC", err: func(err error) bool { return errors.Is(err, http2.ErrNotGRPC) }, answer: func(p *peer, id uint32) {
			p.headers(id, false, ":status", "502", "content-type", "text/html")
			p.fr.WriteData(id, true, []byte("<html>"))
		}},
		{name: "too large a message", err: func(err error) bool { return errors.Is(err, http2.ErrMessageTooLarge) }, answer: func(p *peer, id uint32) {
			p.headers(id, false, response...)
			p.fr.WriteData(id, false, []byte{0, 0, 0x50, 0, 0})
		}},
		{name: "DATA before the head", err: isReset(http2.ProtocolError, false), answer: func(p *peer, id uint32) {
			p.fr.WriteData(id, false, frame([]byte("hi")))
		}},
		{name: "a header block that is none", over: true, err: isConn(http2.CompressionError), answer: func(p *peer, id uint32) {
			p.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: id, EndHeaders: true, BlockFragment: []byte{0xff, 0xff, 0xff, 0xff, 0x0f}})
		}},
		{name: "PUSH_PROMISE", over: true, err: isConn(http2.ProtocolError), answer: func(p *peer, id uint32) {
			p.fr.WritePushPromise(xhttp2.PushPromiseParam{StreamID: id, PromiseID: 2, EndHeaders: true, BlockFragment: p.block(request...)})
		}},
		{name: "HEADERS on a stream that we have not opened", over: true, err: isConn(http2.ProtocolError), answer: func(p *peer, id uint32) {
			p.headers(id+2, true, status("0")...)
		}},
		{name: "settings that make no sense", over: true, err: isConn(http2.FlowControlError), answer: func(p *peer, id uint32) {
			p.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 1 << 31})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := against(t, http2.Config{})
				s, err := whole(c, frame([]byte("q")), http2.Bound{})
				if err != nil {
					t.Fatal(err)
				}
				test.answer(p, await[*xhttp2.HeadersFrame](p).StreamID)
				until := http2.Bound{Deadline: time.Now().Add(time.Minute)}
				err = s.Wait(until)
				var m http2.Message
				if err == nil {
					m, err = s.Recv(until)
				}
				if err == io.EOF {
					err = nil
				}
				if test.err == nil && err != nil || test.err != nil && !test.err(err) {
					t.Errorf("got error %v", err)
				}
				if string(m.Data) != test.data {
					t.Errorf("got %q, want %q", m.Data, test.data)
				}
				if got := s.Tail().Status; err == nil && got != test.status {
					t.Errorf("got status %q, want %q", got, test.status)
				}
				s.Cancel()
				synctest.Wait()
				if c.Streams() != 0 || c.Held() != 0 {
					t.Errorf("%d streams are open, %d bytes held", c.Streams(), c.Held())
				}
				if over := c.Err() != nil; over != test.over {
					t.Errorf("connection over: %v (%v), want %v", over, c.Err(), test.over)
				}
			})
		})
	}
}

func isReset(code http2.ErrCode, remote bool) func(error) bool {
	return func(err error) bool {
		var e *http2.ResetError
		return errors.As(err, &e) && e.Code == code && e.Remote == remote
	}
}

func isConn(code http2.ErrCode) func(error) bool {
	return func(err error) bool {
		var e *http2.ConnError
		return errors.As(err, &e) && e.Code == code && !e.Remote
	}
}

// TestPlaces has more callers than the peer allows streams.
func TestPlaces(t *testing.T) {
	// callers starts n calls, one after the other, and reports their ends.
	callers := func(c *http2.Client, n int, timeout time.Duration) (ends chan int, failed *atomic.Int64) {
		ends, failed = make(chan int, n), new(atomic.Int64)
		for i := range n {
			go func() {
				s, err := whole(c, frame(nil), http2.Bound{Deadline: time.Now().Add(timeout)})
				var unsent *http2.UnsentError
				switch {
				case err == nil:
					if err := s.Wait(http2.Bound{}); err != nil {
						failed.Add(1)
					}
				case errors.As(err, &unsent):
					failed.Add(1)
				}
				ends <- i
			}()
			synctest.Wait()
		}
		return ends, failed
	}
	answer := func(p *peer, id uint32) {
		p.headers(id, true, append(append([]string(nil), response...), "grpc-status", "0")...)
	}
	limit := func(n uint32) xhttp2.Setting {
		return xhttp2.Setting{ID: xhttp2.SettingMaxConcurrentStreams, Val: n}
	}

	t.Run("are handed on in turn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, p := against(t, http2.Config{}, limit(2))
			synctest.Wait()
			ends, failed := callers(c, 50, time.Hour)
			for want := range 50 {
				synctest.Wait() // until whoever was invited has come
				answer(p, await[*xhttp2.HeadersFrame](p).StreamID)
				if got := <-ends; got != want {
					t.Fatalf("caller %d was served, want %d", got, want)
				}
				if open := c.Streams(); open > 2 {
					t.Fatalf("%d streams are open, want at most 2", open)
				}
			}
			if failed.Load() != 0 || c.Queued() != 0 {
				t.Errorf("%d failed, %d wait", failed.Load(), c.Queued())
			}
		})
	})
	t.Run("come with settings", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, p := against(t, http2.Config{}, limit(0))
			synctest.Wait()
			ends, _ := callers(c, 3, time.Hour)
			if c.Streams() != 0 || c.Queued() != 3 {
				t.Fatalf("%d streams, %d wait", c.Streams(), c.Queued())
			}
			p.fr.WriteSettings(limit(3))
			for range 3 {
				answer(p, await[*xhttp2.HeadersFrame](p).StreamID)
				<-ends
			}
		})
	})
	t.Run("go to the next if one gives up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, p := against(t, http2.Config{}, limit(1))
			synctest.Wait()
			first, _ := callers(c, 1, time.Hour)
			id := await[*xhttp2.HeadersFrame](p).StreamID
			impatient, failed := callers(c, 5, time.Second)
			patient, _ := callers(c, 1, time.Hour)
			for range 5 {
				<-impatient
			}
			if failed.Load() != 5 {
				t.Errorf("%d failed, want 5", failed.Load())
			}
			answer(p, id)
			<-first
			answer(p, await[*xhttp2.HeadersFrame](p).StreamID)
			<-patient
		})
	})
	for _, lost := range []struct {
		name string
		do   func(c *http2.Client, p *peer)
	}{
		{"end with GOAWAY", func(_ *http2.Client, p *peer) { p.fr.WriteGoAway(1, xhttp2.ErrCodeNo, nil) }},
		{"end with the connection", func(_ *http2.Client, p *peer) { p.nc.Close() }},
		{"end with Close", func(c *http2.Client, _ *peer) { c.Close() }},
		{"end with Retire", func(c *http2.Client, _ *peer) { c.Retire() }},
	} {
		t.Run(lost.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := against(t, http2.Config{}, limit(1))
				synctest.Wait()
				first, _ := callers(c, 1, time.Hour)
				id := await[*xhttp2.HeadersFrame](p).StreamID
				ends, failed := callers(c, 10, time.Hour)
				lost.do(c, p)
				for range 10 {
					<-ends
				}
				if failed.Load() != 10 {
					t.Errorf("%d failed as unsent, want 10", failed.Load())
				}
				answer(p, id)
				<-first
				<-c.Done() // its last stream has ended
			})
		})
	}
}

// TestDrain follows the two steps that end a server's connection in order.
func TestDrain(t *testing.T) {
	start := func(t *testing.T) (*peer, *http2.Server, chan struct{}) {
		release := make(chan struct{})
		p, sc := serve(t, http2.Config{}, handler{run: func(s *http2.ServerStream) {
			<-release
			s.Finish(head, nil, frame([]byte("late")), tail, nil, http2.Bound{})
		}}).raw()
		p.open(1, true)
		synctest.Wait()
		sc.Drain()
		sc.Drain() // once is enough
		if f := await[*xhttp2.GoAwayFrame](p); f.LastStreamID != 1<<31-1 || f.ErrCode != xhttp2.ErrCodeNo {
			t.Errorf("got %v", f)
		}
		return p, sc, release
	}
	second := func(t *testing.T, p *peer, last uint32) {
		t.Helper()
		if f := await[*xhttp2.GoAwayFrame](p); f.LastStreamID != last || f.ErrCode != xhttp2.ErrCodeNo {
			t.Errorf("got %v, want last %d", f, last)
		}
	}
	// finished reads answers to the end of the connection.
	finished := func(p *peer) (answers []uint32) {
		for f := p.next(); f != nil; f = p.next() {
			if f, ok := f.(*xhttp2.HeadersFrame); ok && f.StreamEnded() {
				answers = append(answers, f.StreamID)
			}
		}
		return answers
	}
	t.Run("a peer that answers the ping", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, _, release := start(t)
			ping := await[*xhttp2.PingFrame](p)
			p.open(3, true) // it had not seen it yet: served
			p.fr.WritePing(true, ping.Data)
			second(t, p, 3)
			p.open(5, true) // too late: ignored
			synctest.Wait()
			close(release)
			if got := finished(p); len(got) != 2 {
				t.Errorf("answers on %v, want 1 and 3", got)
			}
		})
	})
	t.Run("a peer that does not", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, _, release := start(t)
			began := time.Now()
			second(t, p, 1)
			if d := time.Since(began); d != time.Second {
				t.Errorf("after %v, want 1 s", d)
			}
			close(release)
			if got := finished(p); len(got) != 1 {
				t.Errorf("answers on %v, want 1", got)
			}
		})
	})
	for _, end := range []struct {
		name string
		do   func(p *peer)
	}{
		{"the last stream is reset by the peer", func(p *peer) { p.fr.WriteRSTStream(1, xhttp2.ErrCodeCancel) }},
		{"the last stream is reset by us", func(p *peer) { p.fr.WriteWindowUpdate(1, 0) }},
		{"the peer closes", func(p *peer) { p.nc.Close() }},
	} {
		t.Run(end.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, sc, release := start(t)
				second(t, p, 1)
				end.do(p)
				finished(p)
				synctest.Wait()
				if sc.Streams() != 0 {
					t.Errorf("%d streams are open", sc.Streams())
				}
				close(release)
			})
		})
	}
	t.Run("nothing is open", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, sc := serve(t, http2.Config{}, handler{}).raw()
			synctest.Wait()
			sc.Drain()
			p.fr.WritePing(true, await[*xhttp2.PingFrame](p).Data)
			second(t, p, 0)
			if f := p.next(); f != nil {
				t.Errorf("got %v, want the end", f)
			}
		})
	})
	t.Run("with our client, under load", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, sc := serve(t, http2.Config{}, handler{}).client(http2.Config{})
			var wg sync.WaitGroup
			var served, unsent atomic.Int64
			for range 50 {
				wg.Go(func() {
					for {
						_, _, err := unary(c, frame([]byte("x")))
						var u *http2.UnsentError
						switch {
						case err == nil:
							if served.Add(1) == 500 {
								sc.Drain()
							}
							continue
						case errors.As(err, &u):
							unsent.Add(1)
						default:
							t.Errorf("neither served nor unsent: %v", err)
						}
						return
					}
				})
			}
			wg.Wait()
			<-c.Done()
			if unsent.Load() != 50 {
				t.Errorf("%d were told to go elsewhere, want 50", unsent.Load())
			}
		})
	})
}

// TestKeepalive has time pass.
func TestKeepalive(t *testing.T) {
	t.Run("a client closes what is dead", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, p := against(t, http2.Config{Keepalive: http2.Keepalive{Time: 10 * time.Second, Timeout: 5 * time.Second}})
			began := time.Now()
			s, err := whole(c, frame(nil), http2.Bound{})
			if err != nil {
				t.Fatal(err)
			}
			go p.ended() // reads, and says nothing
			var lost *http2.ConnError
			if err := s.Wait(http2.Bound{}); !errors.As(err, &lost) {
				t.Errorf("got %v, want a ConnError", err)
			}
			if d := time.Since(began); d < 15*time.Second || d > 20*time.Second {
				t.Errorf("after %v, want 15 s or a little more", d)
			}
		})
	})
	t.Run("a client keeps what is alive, and does not ping while idle", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, http2.Config{}, handler{run: func(s *http2.ServerStream) {
				time.Sleep(time.Hour)
				s.Finish(head, nil, nil, tail, nil, http2.Bound{})
			}})
			c, _ := s.client(http2.Config{Keepalive: http2.Keepalive{Time: 10 * time.Second}})
			if _, status, err := unary(c, frame(nil)); err != nil || status != "0" {
				t.Errorf("status %q, error %v", status, err)
			}
			time.Sleep(time.Hour)
			if !c.Usable() {
				t.Error(c.Err())
			}
		})
	})
	t.Run("a server closes what is idle", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _ := serve(t, http2.Config{Keepalive: http2.Keepalive{MaxIdle: time.Minute}}, handler{}).client(http2.Config{})
			began := time.Now()
			for range 10 {
				time.Sleep(40 * time.Second)
				if _, _, err := unary(c, frame(nil)); err != nil {
					t.Fatal(err)
				}
			}
			<-c.Done()
			if d := time.Since(began) - 400*time.Second; d < time.Minute || d > 80*time.Second {
				t.Errorf("idle for %v", d)
			}
		})
	})
	t.Run("a server ends what is old, with grace", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, http2.Config{Keepalive: http2.Keepalive{MaxAge: time.Hour, MaxAgeGrace: time.Minute}}, handler{begin: streaming, run: func(s *http2.ServerStream) {
				s.Recv(http2.Bound{}) // for ever
			}})
			c, _ := s.client(http2.Config{})
			began := time.Now()
			st, err := c.Open(http2.Request{Head: req}, http2.Bound{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := st.Recv(http2.Bound{}); err == nil {
				t.Error("got a message")
			}
			if d := time.Since(began); d < 54*time.Minute || d > 85*time.Minute {
				t.Errorf("cut off after %v", d)
			}
		})
	})
}

// TestHandlers has handlers end in every way.
func TestHandlers(t *testing.T) {
	t.Run("an answer before the request is complete", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, http2.Config{StreamWindow: 1000}, handler{begin: streaming, run: func(s *http2.ServerStream) {
				s.Finish(nil, nil, nil, block(":status", "200", "content-type", "application/grpc", "grpc-status", "7"), nil, http2.Bound{})
			}})
			c, sc := s.client(http2.Config{})
			cs, err := c.Open(http2.Request{Head: req, Body: make([]byte, 100_000)}, http2.Bound{})
			if err != nil {
				t.Fatal(err)
			}
			if err := cs.Send(frame(nil), false, true, http2.Bound{}); err != io.EOF {
				t.Errorf("Send: got %v, want EOF", err)
			}
			if err := cs.Wait(http2.Bound{}); err != nil || cs.Tail().Status != "7" {
				t.Errorf("got %v, status %q", err, cs.Tail().Status)
			}
			synctest.Wait()
			if c.Streams() != 0 || sc.Streams() != 0 || sc.Held() != 0 {
				t.Errorf("streams: %d and %d, held %d", c.Streams(), sc.Streams(), sc.Held())
			}
		})
	})
	t.Run("an early answer asks for no more", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, _ := serve(t, http2.Config{}, handler{begin: streaming, run: func(s *http2.ServerStream) {
				s.Finish(head, nil, nil, tail, nil, http2.Bound{})
			}}).raw()
			p.open(1, false)
			for f := await[*xhttp2.HeadersFrame](p); !f.StreamEnded(); f = await[*xhttp2.HeadersFrame](p) {
			}
			if f := await[*xhttp2.RSTStreamFrame](p); f.StreamID != 1 || f.ErrCode != xhttp2.ErrCodeNo {
				t.Errorf("got %v, want NO_ERROR", f)
			}
			p.fr.WriteData(1, true, frame(nil)) // was under way
			p.open(3, true)
			if f := await[*xhttp2.HeadersFrame](p); f.StreamID != 3 {
				t.Errorf("got %v, want the connection to go on", f)
			}
		})
	})
	t.Run("Finish that runs out of time resets", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := serve(t, http2.Config{}, handler{run: func(s *http2.ServerStream) {
				err := s.Finish(head, nil, make([]byte, 1<<20), tail, nil, http2.Bound{Deadline: time.Now().Add(time.Second)})
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Finish: got %v", err)
				}
			}})
			p, sc := s.raw()
			p.open(1, true)
			if f := await[*xhttp2.RSTStreamFrame](p); f.StreamID != 1 || f.ErrCode != xhttp2.ErrCodeCancel {
				t.Errorf("got %v", f)
			}
			synctest.Wait()
			if sc.Streams() != 0 || sc.Starved() != 0 {
				t.Errorf("%d streams, %d starved", sc.Streams(), sc.Starved())
			}
		})
	})
	t.Run("cancellation reaches OnEnd, and nothing is run that did not begin", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan error, 1)
			s := serve(t, http2.Config{}, handler{
				begin: func(s *http2.ServerStream) bool { s.OnEnd(func(err error) { ended <- err }); return true },
				run:   func(*http2.ServerStream) { t.Error("run") },
			})
			c, sc := s.client(http2.Config{})
			cs, err := c.Open(http2.Request{Head: req, Body: []byte{0, 0, 0, 1, 0, 'x'}}, http2.Bound{})
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			if sc.Held() == 0 {
				t.Error("nothing is held of half a message")
			}
			cs.Cancel()
			cs.Cancel()
			if err := <-ended; !isReset(http2.Cancel, true)(err) {
				t.Errorf("got %v", err)
			}
			synctest.Wait()
			if sc.Held() != 0 || sc.Running() != 0 {
				t.Errorf("%d bytes held, %d running", sc.Held(), sc.Running())
			}
		})
	})
	t.Run("sending after the end", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, _ := serve(t, http2.Config{}, handler{run: func(s *http2.ServerStream) {
				s.Finish(head, nil, nil, tail, nil, http2.Bound{})
				if err := s.Send(nil, nil, frame(nil), true, http2.Bound{}); err == nil {
					t.Error("sent after Finish")
				}
				s.Reset(http2.Cancel) // nothing
			}}).client(http2.Config{})
			cs, err := whole(c, frame(nil), http2.Bound{})
			if err != nil {
				t.Fatal(err)
			}
			if err := cs.Send(frame(nil), false, true, http2.Bound{}); err == nil {
				t.Error("sent after the end")
			}
			if err := cs.Wait(http2.Bound{}); err != nil || cs.Tail().Status != "0" {
				t.Errorf("got %v, status %q", err, cs.Tail().Status)
			}
		})
	})
}

// TestMessagesKeepTheirOrder echoes on many streams at once, with senders and
// receivers at different speeds.
func TestMessagesKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, sc := serve(t, http2.Config{StreamWindow: 4000, ConnWindow: 65535}, handler{begin: streaming, run: func(s *http2.ServerStream) {
			h := head
			for {
				m, err := s.Recv(http2.Bound{})
				if err != nil {
					s.Finish(h, nil, nil, tail, nil, http2.Bound{})
					return
				}
				if s.Send(h, nil, frame(m.Data), false, http2.Bound{}) != nil {
					return
				}
				h = nil
			}
		}}).client(http2.Config{StreamWindow: 3000})
		var wg sync.WaitGroup
		for stream := range 20 {
			cs, err := c.Open(http2.Request{Head: req}, http2.Bound{})
			if err != nil {
				t.Fatal(err)
			}
			const n = 300
			text := func(i int) string { return fmt.Sprintf("%d/%d %0*d", stream, i, i*stream%5000, 0) }
			wg.Go(func() {
				for i := range n {
					if err := cs.Send(frame([]byte(text(i))), i == n-1, i%3 == 0, http2.Bound{}); err != nil {
						t.Errorf("send %d: %v", i, err)
						return
					}
				}
			})
			wg.Go(func() {
				for i := range n {
					if stream%4 == 0 {
						time.Sleep(time.Millisecond)
					}
					m, err := cs.Recv(http2.Bound{})
					if err != nil || string(m.Data) != text(i) {
						t.Errorf("message %d: got %.20q (%v), want %.20q", i, m.Data, err, text(i))
						cs.Cancel()
						return
					}
				}
				if _, err := cs.Recv(http2.Bound{}); err != io.EOF {
					t.Errorf("at the end: got %v", err)
				}
			})
		}
		wg.Wait()
		synctest.Wait()
		if c.Streams()+sc.Streams() != 0 || c.Held()+sc.Held() != 0 {
			t.Errorf("streams %d, %d; held %d, %d", c.Streams(), sc.Streams(), c.Held(), sc.Held())
		}
	})
}
