package volothrift_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// An answer over the client's limit fails its own call; the others on the
// connection go on, and the connection stays.
func TestOversizedAnswersHarmNobodyElse(t *testing.T) {
	release := make(chan struct{})
	began := make(chan struct{})
	h := handler{get: func(_ context.Context, key string) (string, error) {
		switch key {
		case "long":
			return strings.Repeat("v", 100<<10), nil
		case "slow":
			close(began)
			<-release
		}
		return key, nil
	}}
	c := dial(t, serve(t, h, volothrift.WithMaxConns(1)), volothrift.WithMaxMessageSize(2000))
	slow := make(chan error)
	go func() {
		_, err := c.Get(t.Context(), "slow")
		slow <- err
	}()
	<-began
	for range 3 {
		_, err := c.Get(t.Context(), "long")
		var limit *volothrift.LimitError
		if !errors.As(err, &limit) || limit.Limit != 2000 || limit.Got < 100<<10 {
			t.Fatalf("got %v; want a limit error", err)
		}
		mustGet(t, c, "short")
	}
	close(release)
	if err := <-slow; err != nil {
		t.Errorf("the call beside it: got %v, want none", err)
	}
}

// A request over the server's limit fails its own call; the others on the
// connection go on, and the connection stays.
func TestOversizedRequestsHarmNobodyElse(t *testing.T) {
	for _, p := range protocols {
		if p.wire == volothrift.Unframed {
			continue // nobody knows where such a request ends
		}
		t.Run(p.name, func(t *testing.T) {
			release := make(chan struct{})
			began := make(chan struct{})
			h := handler{get: func(_ context.Context, key string) (string, error) {
				if key == "slow" {
					close(began)
					<-release
				}
				return key, nil
			}}
			dials := new(counter)
			pair := serve(t, h, volothrift.WithMaxMessageSize(2000), new(logbook).option())
			c := newClient(t, pair.Target(), append(p.opts, volothrift.WithDialer(dials.count(pair.Dial)))...)
			slow := make(chan error)
			go func() {
				_, err := c.Get(t.Context(), "slow")
				slow <- err
			}()
			<-began
			for _, size := range []int{2000, 100 << 10, 5 << 20} {
				_, err := c.Get(t.Context(), strings.Repeat("k", size))
				if !application(thrift.ProtocolError, "over the limit of 2000 (see WithMaxMessageSize)")(err, true) {
					t.Errorf("got %v; want an exception that names the limit and the option", err)
				}
				if err := c.Note(t.Context(), strings.Repeat("n", size)); err != nil {
					t.Errorf("a oneway call got %v", err)
				}
				mustGet(t, c, "short")
			}
			close(release)
			if err := <-slow; err != nil {
				t.Errorf("the call beside it: got %v, want none", err)
			}
			if n := dials.n.Load(); n > 3 {
				t.Errorf("%d connections were made", n)
			}
		})
	}
}

// oversizedRequests are requests of a megabyte, in the order of dialects.
func oversizedRequests() [][]byte {
	body := text(1, strings.Repeat("k", 1<<20))
	call := func(seq uint32) []byte { return message(typeCall, "get", seq, body) }
	return [][]byte{
		1: framed(call(8)),
		2: header{seq: 9, ints: map[uint16]string{9: "get"}}.frame(call(9)),
		3: header{seq: 10}.frame(framed(call(10))),
		4: header{flags: 1, seq: 11}.frame(call(11)),
		5: header{flags: 1, seq: 12}.frame(framed(call(12))),
	}
}

// The exception comes once the request is over, in its dialect and under its
// number, and in its turn, however the request is cut into pieces.
func TestOversizedRequestsAreAnsweredInTheirDialect(t *testing.T) {
	for i, request := range oversizedRequests() {
		if request == nil {
			continue
		}
		d := dialects[i]
		for what, cut := range map[string]int{"whole": 1 << 30, "cut in its length": 2, "cut in its header": 13, "cut behind it": 25, "cut in its body": 70_000} {
			t.Run(d.name+", "+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					pair := serve(t, handler{}, volothrift.WithMaxMessageSize(2000), new(logbook).option())
					p := newPeer(t, pair)
					p.send(d.request)
					d.check(p)
					sent := make(chan struct{})
					go func() {
						defer close(sent)
						cut := min(cut, len(request))
						p.send(request[:cut])
						synctest.Wait()
						p.send(request[cut:], d.request)
					}()
					got := p.receiveFrame()
					payload := got[4:]
					if d.name != "framed" {
						var h header
						if h, payload = parse(t, got); h.flags != binary.BigEndian.Uint16(request[6:]) || h.seq != binary.BigEndian.Uint32(request[8:]) || h.ints[22] != "3" {
							t.Errorf("got flags %d, sequence %d, message type %q", h.flags, h.seq, h.ints[22])
						}
						if strings.Contains(d.name, "framed") {
							payload = payload[4:]
						}
					}
					begin := message(typeException, "get", uint32(7+i), nil)
					if !bytes.HasPrefix(payload, begin) || !bytes.Contains(payload, []byte("over the limit of 2000 (see WithMaxMessageSize)")) {
						t.Errorf("got %q; want it to begin with %q and to name the limit", payload, begin)
					}
					<-sent
					d.check(p)
				})
			})
		}
	}
}

// What is left out takes no memory, is no idle connection's excuse, and holds
// a shutdown up no longer than it may take.
func TestOversizedRequestsThatDoNotEnd(t *testing.T) {
	for i, request := range oversizedRequests() {
		if request == nil {
			continue
		}
		t.Run(dialects[i].name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				binary.BigEndian.PutUint32(request, 1<<29)
				if name := dialects[i].name; strings.HasPrefix(name, "TTHeader framed") {
					at := 14 + 4*int(binary.BigEndian.Uint16(request[12:]))
					binary.BigEndian.PutUint32(request[at:], 1<<29-uint32(at))
				}
				pair := serve(t, handler{}, volothrift.WithMaxMessageSize(2000), volothrift.WithIdleTimeout(time.Minute), new(logbook).option())
				p := newPeer(t, pair)
				p.send(request)
				synctest.Wait()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				for range 20 {
					p.Write(request)
				}
				synctest.Wait()
				runtime.ReadMemStats(&after)
				if grown := int64(after.TotalAlloc) - int64(before.TotalAlloc); grown > 10<<20 {
					t.Errorf("20 MB that were left out took %d bytes", grown)
				}
				start := time.Now()
				if _, err := io.ReadAll(p); time.Since(start) < 59*time.Second || time.Since(start) > 90*time.Second {
					t.Errorf("the connection ended after %v with %v, want a minute", time.Since(start), err)
				}
				p = newPeer(t, pair)
				p.send(request)
				synctest.Wait()
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
				defer cancel()
				if err := pair.Server().Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Shutdown returned %v, want the deadline", err)
				}
			})
		})
	}
}

// What is no request, or longer than any may be, ends the connection.
func TestOversizedGarbageEndsTheConnection(t *testing.T) {
	long := bytes.Repeat([]byte{'k'}, 1<<20)
	for what, sent := range map[string][]byte{
		"another version":             framed(append([]byte{0x80, 2, 0, 1, 0, 0, 0, 3}, long...)),
		"a name without an end":       header{}.frame(message(typeCall, string(long), 1, nil)),
		"another protocol":            func() []byte { b := header{}.frame(long); b[14] = 2; return b }(),
		"a header that is malformed":  header{infos: []byte{1, 0xff, 0xff, 0}}.frame(long),
		"no room behind the header":   header{infos: long[:4000]}.frame(nil),
		"longer than any request may": append([]byte{0xff, 0xff, 0xff, 0xff}, header{}.frame(long)[4:]...),
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pair := serve(t, handler{}, volothrift.WithMaxMessageSize(2000), new(logbook).option())
				p := newPeer(t, pair)
				go p.Write(sent)
				p.expectEnd()
				mustGet(t, dial(t, pair), "k")
			})
		})
	}
}

func TestOversizedRequestsOnEveryEngine(t *testing.T) {
	for _, engine := range engines {
		addr := serveTCP(t, handler{}, volothrift.WithEngine(engine), volothrift.WithMaxMessageSize(2000), new(logbook).option())
		for _, p := range protocols {
			if p.wire == volothrift.Unframed {
				continue
			}
			c := newClient(t, addr, append(p.opts, volothrift.WithEngine(engine))...)
			for range 3 {
				_, err := c.Get(t.Context(), strings.Repeat("k", 5<<20))
				if !application(thrift.ProtocolError, "WithMaxMessageSize")(err, true) {
					t.Errorf("%v, %s: got %v; want an exception that names the option", engine, p.name, err)
				}
				mustGet(t, c, "short")
			}
		}
	}
}
