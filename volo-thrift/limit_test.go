package volothrift_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

// sizes measures, with a generous client and server, how large the messages of
// get(key) are.
func sizes(t *testing.T, opts []volothrift.ClientOption, key string) (request, reply int) {
	t.Helper()
	c := dial(t, serve(t, handler{}), append(opts, volothrift.WithOuter(func(next volothrift.Handler) volothrift.Handler {
		return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
			resp, err := next.Call(ctx, req)
			request, reply = req.Info.Stats.SentBytes, req.Info.Stats.ReceivedBytes
			return resp, err
		})
	}))...)
	mustGet(t, c, key)
	return request, reply
}

func TestMessageSizeIsBoundedOnBothSides(t *testing.T) {
	key := strings.Repeat("k", 1000)
	for _, p := range protocols {
		request, reply := sizes(t, p.opts, key)
		for _, tt := range []struct {
			what           string
			client, server int // over the message that it concerns
			phase          volothrift.Phase
		}{
			{"at the limits", 0, 0, 0},
			{"above both", 1, 1, 0},
			{"the client's request is over its own limit", -1, 100, volothrift.PhaseEncode},
			{"the client's request is over the server's limit", 100, -1, volothrift.PhaseRead},
		} {
			t.Run(p.name+", "+tt.what, func(t *testing.T) {
				log := new(logbook)
				larger := max(request, reply)
				s := newServer(t, handler{}, volothrift.WithMaxMessageSize(request+tt.server), log.option())
				if tt.phase == 0 {
					s = newServer(t, handler{}, volothrift.WithMaxMessageSize(larger+tt.server), log.option())
				}
				pair := volothrifttest.Serve(t, s)
				clientLimit := larger + tt.client
				if tt.client < 0 {
					clientLimit = request + tt.client
				}
				c := dial(t, pair, append(p.opts, volothrift.WithMaxMessageSize(clientLimit))...)
				_, err := c.Get(t.Context(), key)
				if tt.phase == 0 {
					if err != nil {
						t.Errorf("got %v", err)
					}
					return
				}
				e := asError(t, err)
				told := tt.phase == volothrift.PhaseRead && p.wire != volothrift.Unframed // whose length nobody knows
				switch {
				case told:
					if !application(thrift.ProtocolError, "WithMaxMessageSize")(err, true) || e.Outcome() != rpc.Rejected {
						t.Errorf("got %v, %v; want an exception that names the option, of a rejected call", err, e.Outcome())
					}
				case e.Phase != tt.phase:
					t.Errorf("got %v; want phase %v", err, tt.phase)
				}
				var limit *volothrift.LimitError
				if tt.phase == volothrift.PhaseEncode && (!errors.As(err, &limit) || !contains(err, "WithMaxMessageSize") || !e.Unsent) {
					t.Errorf("got %v; want the limit and the option, unsent", err)
				}
				mustGet(t, c, "short")
				if tt.phase == volothrift.PhaseRead {
					s.Close()
					if lines := log.lines(); len(lines) != 1 || !strings.Contains(lines[0], "WithMaxMessageSize") {
						t.Errorf("the log says %q; want one line that names the option", lines)
					}
				}
			})
		}
	}
}

func TestAnswerSizeIsBoundedOnBothSides(t *testing.T) {
	value := strings.Repeat("v", 4000)
	h := handler{get: func(_ context.Context, key string) (string, error) {
		if key == "long" {
			return value, nil
		}
		return key, nil
	}}
	for _, p := range protocols {
		t.Run(p.name+", over the server's limit", func(t *testing.T) {
			c := dial(t, serve(t, h, volothrift.WithMaxMessageSize(2000)), p.opts...)
			_, err := c.Get(t.Context(), "long")
			if !application(thrift.InternalError, "WithMaxMessageSize")(err, true) {
				t.Errorf("got %v; want an exception that names the option", err)
			}
			mustGet(t, c, "short")
		})
		t.Run(p.name+", over the client's limit", func(t *testing.T) {
			c := dial(t, serve(t, h), append(p.opts, volothrift.WithMaxMessageSize(2000))...)
			_, err := c.Get(t.Context(), "long")
			var limit *volothrift.LimitError
			if e := asError(t, err); e.Phase != volothrift.PhaseRead || !errors.As(err, &limit) || limit.Limit != 2000 || !contains(err, "WithMaxMessageSize") {
				t.Errorf("got %v; want a read error that names the option", err)
			}
			mustGet(t, c, "short")
		})
	}
}

func TestEncodingErrorsAreNoReasonToAskAnotherInstance(t *testing.T) {
	c := dial(t, serve(t, handler{}), volothrift.WithMaxMessageSize(100))
	_, err := c.Get(t.Context(), strings.Repeat("k", 200))
	if e := asError(t, err); e.Phase != volothrift.PhaseEncode || e.Outcome() != rpc.Rejected {
		t.Errorf("got %v, %v; want an encode error of a rejected call", err, e.Outcome())
	}
}

func TestConnectionsAreCapped(t *testing.T) {
	for _, tt := range []struct{ limit, dial, served int }{{3, 2, 2}, {3, 3, 3}, {3, 5, 3}} {
		s := newServer(t, handler{}, volothrift.WithMaxConns(tt.limit))
		pairs := [...]*volothrifttest.Pair{volothrifttest.Serve(t, s), volothrifttest.Serve(t, s)} // one server, two listeners
		served := 0
		for i := range tt.dial {
			p := newPeer(t, pairs[i%2])
			p.Write(dialects[1].request)
			if _, err := io.ReadFull(p, make([]byte, len(framed(message(typeReply, "get", 8, text(0, "k")))))); err == nil {
				served++
			}
		}
		if served != tt.served {
			t.Errorf("of %d connections %d were served, want %d", tt.dial, served, tt.served)
		}
	}
}

func TestRequestsInFlightAreCapped(t *testing.T) {
	for _, p := range protocols {
		for _, tt := range []struct{ limit, calls, refused int }{{3, 2, 0}, {3, 3, 0}, {3, 5, 2}} {
			synctest.Test(t, func(t *testing.T) {
				pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) {
					time.Sleep(time.Second)
					return key, nil
				}}, volothrift.WithMaxRequests(tt.limit))
				c := dial(t, pair, p.opts...)
				var mu sync.Mutex
				var wg sync.WaitGroup
				refused := 0
				for range tt.calls {
					wg.Go(func() {
						_, err := c.Get(t.Context(), "k")
						mu.Lock()
						defer mu.Unlock()
						switch {
						case application(volothrift.Refused, "WithMaxRequests")(err, true):
							refused++
						case err != nil:
							t.Errorf("got %v", err)
						}
					})
				}
				wg.Wait()
				if refused != tt.refused {
					t.Errorf("%s: of %d calls %d were refused, want %d", p.name, tt.calls, refused, tt.refused)
				}
				mustGet(t, c, "after")
			})
		}
	}
}

func TestARefusedOnewayCallGetsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pair := serve(t, handler{get: func(context.Context, string) (string, error) {
			time.Sleep(time.Second)
			return "k", nil
		}}, volothrift.WithMaxRequests(1))
		busy := newPeer(t, pair)
		busy.send(dialects[1].request)
		synctest.Wait()
		p := newPeer(t, pair)
		p.send(framed(message(typeCall, "note", 1, text(1, "k"))))
		synctest.Wait()
		dialects[1].check(busy)
		p.send(dialects[1].request)
		dialects[1].check(p)
	})
}

// tree returns a tree of some depth.
func tree(depth int) *store.Tree {
	var t *store.Tree
	for range depth {
		t = &store.Tree{Name: "n", Child: t}
	}
	return t
}

func TestWhatAMessageMayHoldIsBounded(t *testing.T) {
	const depth, elements, bytes = 8, 5, 10
	options := volothrift.WithDecodeOptions(thrift.DecodeOptions{MaxDepth: depth, MaxContainer: elements, MaxString: bytes})
	for _, p := range protocols {
		c := dial(t, serve(t, handler{}, options), p.opts...)
		for _, tt := range []struct {
			what string
			call func() error
			want string // in the exception; "" for success
		}{
			{"a string below the limit", func() error { _, err := c.Get(t.Context(), strings.Repeat("k", bytes-1)); return err }, ""},
			{"a string at the limit", func() error { _, err := c.Get(t.Context(), strings.Repeat("k", bytes)); return err }, ""},
			{"a string above the limit", func() error { _, err := c.Get(t.Context(), strings.Repeat("k", bytes+1)); return err }, "get_args.key"},
			{"a list below the limit", func() error { _, err := c.Choose(t.Context(), make([]int64, elements-1)); return err }, ""},
			{"a list at the limit", func() error { _, err := c.Choose(t.Context(), make([]int64, elements)); return err }, ""},
			{"a list above the limit", func() error { _, err := c.Choose(t.Context(), make([]int64, elements+1)); return err }, "choose_args.weights"},
			{"a tree below the limit", func() error { _, err := c.Depth(t.Context(), tree(depth-1)); return err }, ""},
			{"a tree above the limit", func() error { _, err := c.Depth(t.Context(), tree(depth+2)); return err }, "MaxDepth"},
		} {
			t.Run(p.name+", "+tt.what, func(t *testing.T) {
				err := tt.call()
				switch {
				case tt.want == "":
					if err != nil {
						t.Errorf("got %v", err)
					}
				case p.wire == volothrift.Unframed && tt.want == "MaxDepth":
					// The end of such a message is never found.
					if e := asError(t, err); e.Phase != volothrift.PhaseRead {
						t.Errorf("got %v; want a connection that was closed", err)
					}
				case !application(thrift.ProtocolError, tt.want)(err, true):
					t.Errorf("got %v; want a ProtocolError with %q", err, tt.want)
				}
			})
		}
		if v, err := c.Get(t.Context(), "k"); v != "k" || err != nil {
			t.Errorf("%s: the connection is of no use any more: %v", p.name, err)
		}
	}
}

func TestDecodeOptionsBoundAnswersToo(t *testing.T) {
	for _, p := range protocols {
		c := dial(t, serve(t, handler{get: func(context.Context, string) (string, error) { return "eleven char", nil }}),
			append(p.opts, volothrift.WithDecodeOptions(thrift.DecodeOptions{MaxString: 10}))...)
		_, err := c.Get(t.Context(), "k")
		if !inPhase(volothrift.PhaseDecode, "success")(err, true) {
			t.Errorf("%s: got %v; want a decode error", p.name, err)
		}
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	for _, d := range dialects {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) {
					time.Sleep(10 * time.Minute) // busy is not idle
					return key, nil
				}}, volothrift.WithIdleTimeout(time.Minute))
				p := newPeer(t, pair)
				time.Sleep(50 * time.Second)
				p.send(d.request)
				d.check(p)
				time.Sleep(50 * time.Second)
				p.send(d.request)
				d.check(p)
				start := time.Now()
				p.expectEnd()
				if idle := time.Since(start); idle < 59*time.Second || idle > 90*time.Second {
					t.Errorf("the connection was closed after %v, want a minute", idle)
				}
			})
		})
	}
}

func TestAClientNoticesThatItsIdleConnectionWasClosed(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			pair := serve(t, handler{}, volothrift.WithIdleTimeout(time.Second))
			c := dial(t, pair, p.opts...)
			for range 3 {
				mustGet(t, c, "k")
				time.Sleep(5 * time.Second)
			}
		})
	}
}

func TestAPeerThatDoesNotReadIsCutOff(t *testing.T) {
	for _, d := range dialects[:6] {
		t.Run(d.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				value := strings.Repeat("v", 1<<20)
				s := newServer(t, handler{get: func(context.Context, string) (string, error) { return value, nil }},
					volothrift.WithWriteTimeout(5*time.Second))
				pair := volothrifttest.Serve(t, s)
				p := newPeer(t, pair)
				start := time.Now()
				p.send(d.request)
				time.Sleep(4 * time.Second)
				io.ReadFull(p, make([]byte, 1000))
				time.Sleep(10 * time.Second)
				n, err := io.Copy(io.Discard, p)
				if took := time.Since(start); n > 1<<18 || took > 20*time.Second {
					t.Errorf("the peer could read %d bytes more after %v (%v)", n, took, err)
				}
				mustGetLen(t, pair, len(value))
			})
		})
	}
}

func mustGetLen(t *testing.T, pair *volothrifttest.Pair, n int) {
	t.Helper()
	if v, err := dial(t, pair).Get(t.Context(), "k"); len(v) != n || err != nil {
		t.Errorf("got %d bytes, %v; want %d", len(v), err, n)
	}
}

func TestAPeerThatSendsAndNeverReadsUsesBoundedMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		value := strings.Repeat("v", 16<<10)
		var answered counter
		s := newServer(t, handler{get: func(context.Context, string) (string, error) {
			answered.n.Add(1)
			return value, nil
		}}, volothrift.WithWriteTimeout(time.Minute))
		pair := volothrifttest.Serve(t, s)
		p := newPeer(t, pair)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range 20_000 {
				if _, err := p.Write(dialects[4].request); err != nil {
					return
				}
			}
		}()
		synctest.Wait()
		if n := answered.n.Load(); n > 5000 {
			t.Errorf("%d answers wait for a peer that does not read", n)
		}
		p.Close()
		<-ended
	})
}

func TestASlowSenderIsServed(t *testing.T) {
	for _, d := range dialects {
		synctest.Test(t, func(t *testing.T) {
			p := newPeer(t, serve(t, handler{}, volothrift.WithIdleTimeout(time.Hour)))
			for i := range d.request {
				p.send(d.request[i : i+1])
				time.Sleep(time.Second)
			}
			d.check(p)
		})
	}
}

func TestALengthIsNotBelievedBeforeTheBytesCome(t *testing.T) {
	pair := serve(t, handler{}, volothrift.WithMaxMessageSize(1<<30))
	var conns []*peer
	for range 64 {
		p := newPeer(t, pair)
		p.send(binary.BigEndian.AppendUint32(nil, 1<<29), []byte{0x80, 1, 0, 1})
		conns = append(conns, p)
	}
	mustGet(t, dial(t, pair), "k")
	for _, p := range conns {
		p.Close()
	}
}

func TestServersOverUnixSocketsAndTCPAreOne(t *testing.T) {
	s := newServer(t, handler{})
	path := t.TempDir() + "/s"
	tcp, unix := serveOn(t, s, "tcp", "127.0.0.1:0").String(), serveOn(t, s, "unix", path).String()
	for _, p := range protocols {
		mustGet(t, newClient(t, tcp, p.opts...), "over TCP")
		mustGet(t, newClient(t, unix, p.opts...), "over a unix socket")
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the socket's file is still there")
	}
	if nc, err := net.Dial("tcp", tcp); err == nil {
		nc.Close()
		t.Error("the port still accepts")
	}
}
