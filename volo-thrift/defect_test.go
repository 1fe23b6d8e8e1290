package volothrift_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

// What users get wrong fails the call, not the process.

func TestALayerThatReturnsNothingFailsTheCall(t *testing.T) {
	for what, nothing := range map[string]*volothrift.Response{"no response": nil, "a response without a result": {}} {
		bad := layer(func(context.Context, *volothrift.Request, volothrift.Handler) (*volothrift.Response, error) {
			return nothing, nil
		})
		for _, p := range protocols {
			c := dial(t, serve(t, handler{}, volothrift.WithLayers(bad)), p.opts...)
			if _, err := c.Get(t.Context(), "k"); !application(thrift.InternalError, "layer")(err, true) {
				t.Errorf("%s: a server's layer with %s gave %v", p.name, what, err)
			}
			if err := c.Note(t.Context(), "n"); err != nil {
				t.Errorf("%s: a server's layer with %s failed a oneway call: %v", p.name, what, err)
			}
			c = dial(t, serve(t, handler{}), append(p.opts, volothrift.WithOuter(bad))...)
			if _, err := c.Get(t.Context(), "k"); !contains(err, "layer") {
				t.Errorf("%s: a client's layer with %s gave %v", p.name, what, err)
			}
			if err := c.Note(t.Context(), "n"); err != nil {
				t.Errorf("%s: a client's layer with %s failed a oneway call: %v", p.name, what, err)
			}
		}
	}
}

func TestAHandlerThatEndsItsGoroutineFailsItsCallAlone(t *testing.T) {
	for _, p := range protocols {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			dials := new(counter)
			pair := serve(t, handler{
				get: func(_ context.Context, key string) (string, error) {
					switch key {
					case "goexit":
						runtime.Goexit() // as t.FailNow does
					case "beside":
						<-release
					}
					return key, nil
				},
				note: func(context.Context, string) error {
					runtime.Goexit()
					return nil
				},
			}, new(logbook).option())
			c := newClient(t, pair.Target(), append(p.opts, volothrift.WithDialer(dials.count(pair.Dial)), volothrift.WithTimeout(time.Minute))...)
			beside := make(chan error)
			go func() {
				_, err := c.Get(t.Context(), "beside")
				beside <- err
			}()
			synctest.Wait()
			start := time.Now()
			for range 3 {
				_, err := c.Get(t.Context(), "goexit")
				if !application(thrift.InternalError, "the handler has ended its goroutine")(err, true) || time.Since(start) > 0 {
					t.Errorf("%s: got %v after %v; want an exception at once", p.name, err, time.Since(start))
				}
				synctest.Wait()
			}
			if err := c.Note(t.Context(), "goexit"); err != nil {
				t.Errorf("%s: a oneway call got %v", p.name, err)
			}
			synctest.Wait()
			close(release)
			if err := <-beside; err != nil {
				t.Errorf("%s: the call beside it got %v", p.name, err)
			}
			mustGet(t, c, "next")
			if n := dials.n.Load(); strings.HasPrefix(p.name, "multiplexed") && n > 3 {
				t.Errorf("%s: %d connections were made", p.name, n)
			}
			if err := pair.Server().Shutdown(t.Context()); err != nil {
				t.Errorf("%s: Shutdown returned %v", p.name, err)
			}
		})
	}
}

// A connection whose goroutine was ended answers, says that it ends where it
// can, and is closed: on every engine.
func TestAnOrderedConnectionEndsWithItsGoroutine(t *testing.T) {
	h := handler{get: func(context.Context, string) (string, error) {
		runtime.Goexit()
		return "", nil
	}}
	for _, engine := range engines {
		addr := serveTCP(t, h, volothrift.WithEngine(engine))
		for _, d := range dialects[:6] {
			t.Run(fmt.Sprintf("%v, %s", engine, d.name), func(t *testing.T) {
				nc, err := net.Dial("tcp", addr)
				if err != nil {
					t.Fatal(err)
				}
				defer nc.Close()
				p := &peer{t, nc}
				p.send(d.request)
				if strings.Contains(d.name, "out of order") {
					p.receiveFrame()
					p.send(d.request)
					p.receiveFrame()
					return
				}
				got, err := io.ReadAll(p)
				if err != nil || !bytes.Contains(got, []byte("the handler has ended its goroutine")) {
					t.Errorf("received %q, then %v; want an exception and the end", got, err)
				}
				if says := bytes.Contains(got, []byte("crrst")); says != strings.HasPrefix(d.name, "TTHeader") {
					t.Errorf("received %q, which says that the connection ends: %v", got, says)
				}
			})
		}
	}
}

func TestAServerWithoutALoggerHasTheDefault(t *testing.T) {
	log := new(logbook)
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(log, nil)))
	s := newServer(t, handler{}, volothrift.WithLogger(slog.Default()), volothrift.WithLogger(nil))
	p := newPeer(t, volothrifttest.Serve(t, s))
	p.send([]byte("GET / HTTP/1.1\r\n\r\n"))
	p.expectEnd()
	s.Close()
	if lines := log.lines(); len(lines) != 1 {
		t.Errorf("the default logger got %q, want a line", lines)
	}
}

func TestReplacingADeadConnectionLastsNoLongerThanTheCall(t *testing.T) {
	for _, p := range protocols {
		if p.name == "multiplexed over three connections" {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			var dials atomic.Int32
			dead := fakeServer(t, answerOnce)
			c := newClient(t, "10.0.0.1:1", append(p.opts, volothrift.WithDialer(
				func(ctx context.Context, addr rpc.Address) (*transport.Conn, error) {
					if dials.Add(1) == 1 {
						return dead(ctx, addr)
					}
					<-ctx.Done()
					return nil, ctx.Err()
				}))...)
			mustGet(t, c, "k")
			synctest.Wait()
			start := time.Now()
			_, err := c.With(volothrift.CallTimeout(100*time.Millisecond)).Get(t.Context(), "k")
			if took := time.Since(start); took != 100*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: got %v after %v; want the deadline after 100 ms", p.name, err, took)
			}
		})
	}
}

// answerOnce answers one get("k") in its dialect, then closes.
func answerOnce(p *peer) {
	b := make([]byte, 1024)
	n, err := p.Read(b)
	if err != nil {
		return
	}
	b = b[:n]
	body := message(typeReply, "get", 1, text(0, "k"))
	switch {
	case b[0] == 0x80:
		p.Write(body)
	case b[4] == 0x80:
		p.Write(framed(body))
	default:
		h, payload := parse(p.t, b)
		if payload[0] != 0x80 {
			payload = payload[4:]
		}
		p.Write(replyTo(p.t, h.frame(payload), nil, typeReply, text(0, "k")))
	}
}

// A brokenError panics when its methods are called on nil, as errors do that a
// function returned which has a variable of a concrete type.
type brokenError struct{ text string }

func (e *brokenError) Error() string { return e.text }

func TestAnErrorThatPanicsFailsTheCall(t *testing.T) {
	for what, err := range map[string]error{
		"a nil pointer":                 (*brokenError)(nil),
		"one within another":            fmt.Errorf("no value: %w", errors.Join((*unwrapsNil)(nil))),
		"a nil business error":          (*volothrift.BizError)(nil),
		"a business error of no status": &volothrift.BizError{Message: "no"},
	} {
		for _, p := range protocols {
			h := handler{
				get: func(context.Context, string) (string, error) { return "", err },
				put: func(context.Context, string, string) error { return err },
			}
			c := dial(t, serve(t, h, new(logbook).option()), p.opts...)
			if _, err := c.Get(t.Context(), "k"); !application(thrift.InternalError, "")(err, true) {
				t.Errorf("%s: %s gave %v", p.name, what, err)
			}
			if err := c.Put(t.Context(), "k", "v"); !application(thrift.InternalError, "")(err, true) {
				t.Errorf("%s: %s of a method without a result gave %v", p.name, what, err)
			}
		}
	}
}

type unwrapsNil struct{ err error }

func (e *unwrapsNil) Error() string { return "unwraps" }
func (e *unwrapsNil) Unwrap() error { return e.err }
