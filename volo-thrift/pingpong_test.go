package volothrift_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
)

// closesAfter answers a number of framed requests, then closes: before the
// next one is read, or after.
func closesAfter(answers int, readNext bool, requests *atomic.Int32) func(*peer) {
	return func(p *peer) {
		read := func() (frame []byte, ok bool) {
			head := make([]byte, 4)
			if _, err := io.ReadFull(p, head); err != nil {
				return nil, false
			}
			rest := make([]byte, int(head[2])<<8|int(head[3]))
			if _, err := io.ReadFull(p, rest); err != nil {
				return nil, false
			}
			requests.Add(1)
			return append(head, rest...), true
		}
		for range answers {
			frame, ok := read()
			if !ok {
				return
			}
			seq := frame[len(frame)-4-len(text(1, "k")):]
			p.Write(framed(message(typeReply, "get", uint32(seq[3])|uint32(seq[2])<<8, text(0, "k"))))
		}
		if readNext {
			read()
		}
	}
}

func TestAReusedConnectionThatWasDeadIsReplacedSilently(t *testing.T) {
	for what, pause := range map[string]time.Duration{"at once": 0, "after a while": time.Second} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var requests atomic.Int32
				dials := new(counter)
				c := newClient(t, "10.0.0.1:1", volothrift.WithProtocol(volothrift.Framed),
					volothrift.WithDialer(dials.count(fakeServer(t, closesAfter(1, false, &requests)))))
				for range 5 {
					mustGet(t, c, "k")
					synctest.Wait()
					time.Sleep(pause)
				}
				if d, r := dials.n.Load(), requests.Load(); d != 5 || r != 5 {
					t.Errorf("five calls dialed %d times and sent %d requests, want 5 and 5", d, r)
				}
			})
		})
	}
}

func TestNothingIsSentTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var requests atomic.Int32
		dials := new(counter)
		c := newClient(t, "10.0.0.1:1", volothrift.WithProtocol(volothrift.Framed),
			volothrift.WithDialer(dials.count(fakeServer(t, closesAfter(1, true, &requests)))))
		mustGet(t, c, "k")
		_, err := c.Get(t.Context(), "k")
		if e := asError(t, err); e.Phase != volothrift.PhaseRead || e.Unsent || !errors.Is(err, io.EOF) {
			t.Errorf("got %v, unsent %v; want a read error, sent", err, e.Unsent)
		}
		if d, r := dials.n.Load(), requests.Load(); d != 1 || r != 2 {
			t.Errorf("two calls dialed %d times and sent %d requests, want 1 and 2", d, r)
		}
		mustGet(t, c, "k")
	})
}

func TestANewConnectionThatIsDeadIsNotRetriedForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := new(counter)
		c := newClient(t, "10.0.0.1:1", volothrift.WithProtocol(volothrift.Framed),
			volothrift.WithDialer(dials.count(fakeServer(t, func(p *peer) {}))))
		_, err := c.Get(t.Context(), "k")
		asError(t, err)
		if n := dials.n.Load(); n > 2 {
			t.Errorf("dialed %d times", n)
		}
	})
}

func TestThePoolOfAClientIsCapped(t *testing.T) {
	for _, p := range protocols[2:] {
		synctest.Test(t, func(t *testing.T) {
			dials := new(counter)
			pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) {
				time.Sleep(time.Second)
				return key, nil
			}})
			c := newClient(t, pair.Target(), append(p.opts, volothrift.WithPingPong(volothrift.PoolConfig{MaxOpen: 2}),
				volothrift.WithDialer(dials.count(pair.Dial)))...)
			start := time.Now()
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() { mustGet(t, c, "k") })
			}
			synctest.Wait()
			_, err := c.With(volothrift.CallTimeout(500*time.Millisecond)).Get(t.Context(), "k")
			e := asError(t, err)
			if e.Phase != volothrift.PhaseDial || !e.Unsent || !contains(err, "PoolConfig.MaxOpen") || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: a call that could not wait got %v", p.name, err)
			}
			wg.Wait()
			if took, n := time.Since(start), dials.n.Load(); took != 3*time.Second || n != 2 {
				t.Errorf("%s: six calls of a second over two connections took %v and dialed %d times", p.name, took, n)
			}
		})
	}
}

func TestACancelledPooledCallLeavesNoDeadlineBehind(t *testing.T) {
	for _, p := range protocols[2:] {
		c := newClient(t, serveTCP(t, handler{}), p.opts...)
		for i := range 300 {
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				if i%3 == 0 {
					time.Sleep(time.Duration(i) * time.Microsecond)
				}
				cancel()
			}()
			if _, err := c.Get(ctx, "k"); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("%s: a call that is being cancelled got %v", p.name, err)
			}
			mustGet(t, c, "k")
		}
	}
}

func TestAnswersOutOfStepCloseTheConnection(t *testing.T) {
	for _, tt := range []struct {
		what  string
		reply func(seq uint32) []byte
		is    func(error, bool) bool
	}{
		{"another sequence id", func(seq uint32) []byte { return framed(message(typeReply, "get", seq+1, text(0, "k"))) }, inPhase(volothrift.PhaseDecode, "bad sequence id")},
		{"another method", func(seq uint32) []byte { return framed(message(typeReply, "put", seq, text(0, "k"))) }, inPhase(volothrift.PhaseDecode, `"put"`)},
		{"two answers", func(seq uint32) []byte {
			b := framed(message(typeReply, "get", seq, text(0, "k")))
			return append(b, b...)
		}, inPhase(volothrift.PhaseRead, "out of step")},
		{"garbage", func(uint32) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") }, inPhase(volothrift.PhaseRead, "")},
		{"an empty frame", func(uint32) []byte { return make([]byte, 4) }, func(err error, _ bool) bool { return err != nil }},
	} {
		t.Run(tt.what, func(t *testing.T) {
			first := true
			c := newClient(t, "10.0.0.1:1", volothrift.WithProtocol(volothrift.Framed), volothrift.WithDialer(fakeServer(t, answers(func(frame []byte) []byte {
				at := len(frame) - 4 - len(text(1, "k"))
				seq := uint32(frame[at+3])
				if first {
					first = false
					return tt.reply(seq)
				}
				return framed(message(typeReply, "get", seq, text(0, "k")))
			}))))
			if _, err := c.Get(t.Context(), "k"); !tt.is(err, false) {
				t.Errorf("got %v", err)
			}
			mustGet(t, c, "k")
		})
	}
}

func TestGarbageFailsMultiplexedCallsWithAClearError(t *testing.T) {
	for _, tt := range []struct {
		what, want string
		sent       []byte
	}{
		{"an HTTP response", "TTHeader", []byte("HTTP/1.1 400 Bad Request\r\n\r\n")},
		{"a framed reply", "TTHeader", framed(message(typeReply, "get", 1, text(0, "k")))},
		{"zeros", "", make([]byte, 64)},
		{"too large a frame", "WithMaxMessageSize", append([]byte{0x3f, 0xff, 0xff, 0xff, 0x10, 0, 0, 1, 0, 0, 0, 1, 0, 1}, make([]byte, 20)...)},
	} {
		t.Run(tt.what, func(t *testing.T) {
			var first atomic.Bool
			first.Store(true)
			c := newClient(t, "10.0.0.1:1", volothrift.WithDialer(fakeServer(t, answers(func(frame []byte) []byte {
				if first.Swap(false) {
					return tt.sent
				}
				return replyTo(t, frame, nil, typeReply, text(0, "k"))
			}))))
			_, err := c.Get(t.Context(), "k")
			if e := asError(t, err); e.Phase != volothrift.PhaseRead || e.Unsent || !contains(err, tt.want) {
				t.Errorf("got %v; want a read error with %q", err, tt.want)
			}
			mustGet(t, c, "k")
		})
	}
}

func TestAPeerThatAsksToGoIsLeftWithoutAFailedCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dials := new(counter)
		c := newClient(t, "10.0.0.1:1", volothrift.WithDialer(dials.count(fakeServer(t, func(p *peer) {
			var old [][]byte
			for range 3 {
				old = append(old, p.receiveFrame())
			}
			// The three that are here are answered after the request to go.
			p.send(header{flags: 1, strs: map[string]string{"crrst": "1"}}.frame(nil))
			time.Sleep(time.Second)
			for i := range old {
				p.send(replyTo(t, old[len(old)-1-i], nil, typeReply, text(0, "k")))
			}
			p.expectEnd()
		}))))
		for range 4 {
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(func() { mustGet(t, c, "k") })
			}
			time.Sleep(500 * time.Millisecond) // asked to go, and not answered yet
			for range 3 {
				wg.Go(func() { mustGet(t, c, "k") })
			}
			wg.Wait()
		}
		if n := dials.n.Load(); n != 8 {
			t.Errorf("24 calls, three to a connection, dialed %d times", n)
		}
	})
}

func TestAConnectionWhoseReplySaysSoIsNotUsedAgain(t *testing.T) {
	for _, p := range protocols[:4] {
		if p.name == "multiplexed over three connections" {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			dials := new(counter)
			c := newClient(t, "10.0.0.1:1", append(p.opts, volothrift.WithDialer(dials.count(fakeServer(t, func(p *peer) {
				h, payload := parse(p.t, p.receiveFrame())
				if payload[0] != 0x80 {
					payload = payload[4:]
				}
				p.send(replyTo(p.t, h.frame(payload), map[string]string{"crrst": "1"}, typeReply, text(0, "k")))
				p.expectEnd()
			}))))...)
			for range 3 {
				mustGet(t, c, "k")
				synctest.Wait()
			}
			if n := dials.n.Load(); n != 3 {
				t.Errorf("%s: three calls dialed %d times, want 3", p.name, n)
			}
		})
	}
}

// A hasty peer answers and hangs up before the write of the request returns.
type hasty struct {
	net.Conn // nil
	t        *testing.T
	answer   func(request []byte) []byte
	in       chan []byte
	once     sync.Once
}

func (h *hasty) Write(b []byte) (int, error) {
	h.in <- h.answer(b)
	h.Close()
	synctest.Wait() // until the client has noticed all of it
	return len(b), nil
}

func (h *hasty) Read(b []byte) (int, error) {
	answer, ok := <-h.in
	if !ok {
		return 0, io.EOF
	}
	return copy(b, answer), nil
}

func (h *hasty) Close() error         { h.once.Do(func() { close(h.in) }); return nil }
func (h *hasty) LocalAddr() net.Addr  { return nil }
func (h *hasty) RemoteAddr() net.Addr { return nil }

func TestAnAnswerCountsThoughThePeerHangsUpAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, "10.0.0.1:1", volothrift.WithDialer(func(context.Context, address) (*conn, error) {
			return transport.NewConn(&hasty{t: t, in: make(chan []byte, 1), answer: func(request []byte) []byte {
				return replyTo(t, request, nil, typeReply, text(0, "k"))
			}}), nil
		}))
		for range 3 {
			mustGet(t, c, "k")
		}
	})
}

// A server that shuts down closes after its last answer, and a client that
// makes one call after the other is as quick: nothing may be lost on the
// connection that it has just used.
func TestNoCallIsLostOnAConnectionThatClosesAfterItsAnswer(t *testing.T) {
	for what, call := range map[string]func(*storethrift.StoreClient) error{
		"a call":        func(c *storethrift.StoreClient) error { _, err := c.Get(t.Context(), "k"); return err },
		"a oneway call": func(c *storethrift.StoreClient) error { return c.Note(t.Context(), "k") },
	} {
		t.Run(what, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			l.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Second))
			closed, more := make(chan struct{}), make(chan struct{})
			var requests atomic.Int32
			go func() {
				defer close(more)
				first, err := l.Accept()
				if err != nil {
					return
				}
				answer := closesAfter(1, false, &requests)
				answer(&peer{Conn: first})
				first.Close()
				close(closed)
				second, err := l.Accept()
				if err != nil {
					return
				}
				answer(&peer{Conn: second})
				second.Close()
			}()
			c := newClient(t, l.Addr().String(), volothrift.WithProtocol(volothrift.Framed))
			mustGet(t, c, "k")
			<-closed
			if err := call(c); err != nil {
				t.Error(err)
			}
			<-more
			if n := requests.Load(); n != 2 {
				t.Errorf("%d requests arrived, want 2", n)
			}
		})
	}
}

// What a layer waits for may take long enough for the peer to leave a connection
// that was in use just before the call.
func TestAConnectionIsLookedAtAfterTheLayersHaveWaited(t *testing.T) {
	for what, with := range map[string]func(...volothrift.Layer) volothrift.ClientOption{"outer": volothrift.WithOuter, "inner": volothrift.WithInner} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dials := new(counter)
				var wait time.Duration
				c := newClient(t, "10.0.0.1:1", volothrift.WithProtocol(volothrift.Framed),
					with(func(next volothrift.Handler) volothrift.Handler {
						return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
							time.Sleep(wait)
							return next.Call(ctx, req)
						})
					}),
					volothrift.WithDialer(dials.count(fakeServer(t, func(p *peer) {
						frame := p.receiveFrame()
						seq := frame[len(frame)-4-len(text(1, "k")):]
						p.send(framed(message(typeReply, "get", uint32(seq[3]), text(0, "k"))))
						time.Sleep(time.Second / 2)
						p.send([]byte("goodbye")) // which no call has asked for
						io.Copy(io.Discard, p)
					}))))
				mustGet(t, c, "k")
				wait = time.Second
				mustGet(t, c, "k")
				time.Sleep(time.Second)
				if n := dials.n.Load(); n != 2 {
					t.Errorf("dialed %d times, want 2", n)
				}
			})
		})
	}
}
